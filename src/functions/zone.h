#pragma once

/*
 * Zone: what the clocks of a place show
 *
 * From the system's time zone files, whatever the process's own zone is.
 */

#include <stdbool.h>

#include "template/value.h"

/**
 * zone_apply() - show a time as the clocks of a place do
 * @arena: for the abbreviation
 * @name:  "Europe/Berlin"; only names of files count, no rules such as "CET-1"
 * @time:  its offset and abbreviation are set
 *
 * Return: false where there is no such place; @time is unchanged
 */
bool zone_apply(Arena *arena, const char *name, ValueTime *time);
