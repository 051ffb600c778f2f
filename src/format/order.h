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

/**
 * order_build() - fill in publications and parents
 * @raws: the containers in the order of the model's workloads
 */
void order_build(Reader *reader, Application *app, RawContainer *const *raws);

/* Whether a workload starts only after another: each of its chains of parents leads there */
typedef struct Reach Reach;

/* Workloads that nothing starts: they are on a cycle or wait for one. n_workloads flags. */
bool *order_find_stuck(const Application *app);

/**
 * order_find_before() - who is sure to have started before a workload
 *
 * With the rule "any" a workload comes after what all of its parents come after (and after the
 * parent itself where there is one only); with "all" after each of them.
 *
 * Return: whether @before is sure to have been started when @workload starts
 */
bool order_is_before(const Application *app, unsigned before, unsigned workload);
