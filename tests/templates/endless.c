/*
 * Whatever function a template calls for ever, it ends soon: endless CONTEXT.json prints TAP
 *
 * Each function is called with the arguments of its example, again and again, until a limit ends
 * the render. What counts is the time of the processor, so that a busy machine does not matter.
 */

#include <string.h>
#include <sys/resource.h>

#include "functions/context-file.h"
#include "functions/functions.h"

/*
 * The promise is less than a second on a machine of its own; what is tested is that there is an
 * end, with room for slow and busy machines.
 */
#define CPU_MAX_US    5000000
#define MEMORY_MAX_KB (200l << 10) /* of the whole process, at its highest */

static const ContextFile *context;

static int64_t cpu_us(void)
{
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return (int64_t) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC +
               usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

/* How long the search for the primes of a key takes is chance; four keys a render is the limit */
static bool makes_keys(const TemplateFunction *function)
{
        return g_str_has_prefix(function->name, "gen");
}

static void test_function(gconstpointer data)
{
        const TemplateFunction *function = data;
        g_autofree char *text = g_strdup_printf("{{repl range 90000000}}{{repl $_ := %s}}"
                                                "{{repl end}}",
                                                function->example);
        g_auto(TemplateError) error = { 0 };
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(Arena) arena = arena_new();
        TemplateContext tc = functions_context(context_file_provider(context));
        int64_t took, before = cpu_us();
        struct rusage usage;

        tc.arena = arena;
        g_assert_false(
                template_expand("test", text, strlen(text), functions_all(), &tc, out, &error));
        took = cpu_us() - before;
        getrusage(RUSAGE_SELF, &usage);
        g_test_message("%s: %d ms, %ld kB: %s", function->name, (int) (took / 1000),
                       usage.ru_maxrss, error.message);
        g_assert_cmpint(error.kind, ==, TEMPLATE_ERROR_LIMIT);
        if (!makes_keys(function))
                g_assert_cmpint(took, <, CPU_MAX_US);
        g_assert_cmpint(usage.ru_maxrss, <, MEMORY_MAX_KB);
}

int main(int argc, char **argv)
{
        const TemplateFunction *const *functions;
        g_autoptr(ContextFile) loaded = NULL;
        g_autoptr(GError) error = NULL;
        size_t n;

        if (argc < 2)
                return 2;
        context = loaded = context_file_load(argv[1], &error);
        g_assert_no_error(error);
        for (int i = 1; i < argc; i++)
                argv[i] = argv[i + 1];
        argc--;
        g_test_init(&argc, &argv, NULL);
        functions = template_functions_list(functions_all(), &n);
        for (size_t i = 0; i < n; i++) {
                g_autofree char *path = g_strconcat("/endless/", functions[i]->name, NULL);

                /* an action is no value, and what fails is not endless */
                if (functions[i]->example != NULL && strstr(functions[i]->example, "{{") == NULL)
                        g_test_add_data_func(path, functions[i], test_function);
        }
        return g_test_run();
}
