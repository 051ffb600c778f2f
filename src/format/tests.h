#pragma once

/*
 * Tests: `test_proc` of settings → the model
 */

#include "format/reader.h"

/* What a test is, with the container that it runs; @path is that of `test_proc` */
TestProc tests_build(Reader *reader, const Application *app, const RawTest *raw, const Path *path);
