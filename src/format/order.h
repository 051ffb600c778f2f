#pragma once

/*
 * Order: events and subscriptions → who starts whom
 */

#include "format/reader.h"

/* The ways to look up workloads by what references name */
typedef struct ContainerIndex ContainerIndex;

ContainerIndex *container_index_new(const Application *app);
void container_index_free(ContainerIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContainerIndex, container_index_free)

/* (element-type unsigned) the workloads of this component and image_name; NULL: none; borrowed */
const GArray *container_index_find(const ContainerIndex *index, const char *component,
                                   const char *image);

/* Children of each workload: @list from @starts[i] to @starts[i + 1] */
typedef struct Children {
        unsigned *list;
        size_t *starts;
} Children;

Children children_find(const Application *app);
void children_done(Children *children);

/**
 * order_build() - fill in publications and parents
 * @raws: the containers in the order of the model's workloads
 */
void order_build(Reader *reader, Application *app, RawContainer *const *raws);

/* Whether a text without templates is one of the container's ports, public or private */
bool order_has_port(const Workload *workload, const char *port);

/* Whether a port of the container is a template, so that any number may turn out to be one */
bool order_is_port_open(const Workload *workload, const char *port);

/* Workloads that nothing starts: they are on a cycle or wait for one. (transfer full) n_workloads
 * flags. */
bool *order_find_stuck(const Application *app);

/* Who is sure to have been started before whom: answers in constant time */
typedef struct Dominance Dominance;

Dominance *dominance_new(const Application *app);
void dominance_free(Dominance *dominance);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Dominance, dominance_free)

/* Whether @before has been started whenever @workload starts. True for workloads that never start.
 * All start rules count as "any", which is right for native documents. */
bool dominance_is_before(const Dominance *dominance, unsigned before, unsigned workload);
