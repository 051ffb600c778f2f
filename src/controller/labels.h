#pragma once

/*
 * Labels: what the controller writes onto what it makes, and knows it by
 */

#define LABEL_APP          "slipway.app"
#define LABEL_WORKLOAD     "slipway.workload"
#define LABEL_RUN          "slipway.run" /* run key; "" for services */
#define LABEL_TRY          "slipway.try"
#define LABEL_DEPLOYMENT   "slipway.deployment" /* that created it */
#define LABEL_INSTALLATION "slipway.installation"
#define LABEL_SPEC         "slipway.spec"   /* keyed hash of the spec */
#define LABEL_IMAGE        "slipway.image"  /* Swarm: id of the manager's image when it was made */
#define LABEL_VOLUME       "slipway.volume" /* random: another one is other data */
