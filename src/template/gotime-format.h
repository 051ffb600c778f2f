#pragma once

/*
 * Gotime, format: moments as text
 *
 * Layouts are Go's: the moment Mon Jan 2 15:04:05 MST 2006 written as one wants it.
 */

#include "template/gotime.h"

void gotime_format(GString *out, const ValueTime *time, const char *layout, size_t len);

void gotime_string(GString *out, const ValueTime *time);
void gotime_go_string(GString *out, const ValueTime *time);

void gotime_month_string(GString *out, int64_t month);
void gotime_weekday_string(GString *out, int64_t weekday);
