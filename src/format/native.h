#pragma once

/*
 * Native: a native document → the model
 */

#include "format/reader.h"

/**
 * native_build() - the model of a document that was read
 * @document: lives in the reader's arena; its parts are taken over
 *
 * Says what is doubtful or can't run. Events of unknown triggers and subscriptions to what does
 * not exist are not in the model: they are errors for who wants to run it.
 *
 * Return: the application, in the reader's arena
 */
Application *native_build(Reader *reader, RawDocument *document);

/* A container's workload, which is @raw->w, but for its id and its place in the start graph */
void native_build_container(Reader *reader, const RawComponent *component, unsigned component_index,
                            RawContainer *raw);
