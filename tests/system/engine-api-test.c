#include "engine-api.h"

/* On an engine that was not started for us the image need not be there */
static bool has_image(void)
{
        g_autoptr(Got)
                got = ask(&(EngineRequest){ .op = ENGINE_IMAGE_INSPECT, .image = TEST_IMAGE });

        return got->error == NULL || g_getenv("ENGINE") != NULL;
}

int main(int argc, char **argv)
{
        g_autoptr(GError) error = NULL;
        int status;

        if (g_getenv("DOCKER_HOST") == NULL || !g_str_has_prefix(g_getenv("DOCKER_HOST"), "unix")) {
                puts("1..0 # SKIP DOCKER_HOST does not name an engine for tests, unix:///PATH");
                return 0;
        }
        g_test_init(&argc, &argv, NULL);
        begin_tests(docker_engine_new(NULL, &error));
        g_assert_no_error(error);
        if (!has_image()) {
                puts("1..0 # SKIP the engine has no image " TEST_IMAGE ", or does not answer");
                engine_free(engine);
                return 0;
        }
        add_lifecycle_tests();
        add_spec_tests();
        add_network_tests();
        add_port_tests();
        status = g_test_run();
        engine_free(engine);
        return status;
}
