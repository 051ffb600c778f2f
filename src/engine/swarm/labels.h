#pragma once

/*
 * Labels: what this engine writes onto what it makes, and reads from it
 */

#define SWARM_LABEL_APP        "slipway.app"
#define SWARM_LABEL_WORKLOAD   "slipway.workload"
#define SWARM_LABEL_RUN        "slipway.run"      /* not empty: a run-once container */
#define SWARM_LABEL_REPLICAS   "slipway.replicas" /* how many there were when STOP took them away */
#define SWARM_LABEL_SPEC       "slipway.spec" /* what it was made from: see the controller's labels */
#define SWARM_LABEL_DEPLOYMENT "slipway.deployment"
#define SWARM_LABEL_BODY       "slipway.body" /* hash of what was sent: to see what is unchanged */
#define SWARM_LABEL_REGISTER   "slipway.register" /* `volume`: a config that stands for a volume */

#define STACK_LABEL_NAMESPACE "com.docker.stack.namespace"
#define STACK_LABEL_IMAGE     "com.docker.stack.image"
