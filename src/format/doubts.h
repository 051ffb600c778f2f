#pragma once

/*
 * Doubts: what the reference accepts and who runs it would regret
 */

#include "format/order.h"

/* Order: cycles, events nobody hears, several parents, publishers that are off */
void doubts_check_order(Reader *reader, const Application *app, RawContainer *const *raws);

/* Containers: ports, images, restart policies, passwords */
void doubts_check_containers(Reader *reader, const Application *app, RawContainer *const *raws);

/* Settings: names, commands */
void doubts_check_settings(Reader *reader, const Application *app);
