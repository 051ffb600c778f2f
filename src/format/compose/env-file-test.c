#include "format/compose/env-file.h"

#include <string.h>

static const char *lookup(const char *name, gconstpointer user)
{
        return strcmp(name, "OUTSIDE") == 0 ? "outside" : NULL;
}

static int compare(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* `NAME=[value]` in order, or the problem with its line */
static char *parsed(const char *text, bool is_raw)
{
        g_autoptr(GHashTable)
                values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        unsigned line = 0, n;
        char *problem = env_file_parse(text, values, lookup, NULL, is_raw, &line);
        g_autofree gpointer *keys = g_hash_table_get_keys_as_array(values, &n);
        GString *out = g_string_new(NULL);

        if (problem != NULL) {
                g_string_printf(out, "%u: %s", line, problem);
                g_free(problem);
                return g_string_free(out, false);
        }
        qsort(keys, n, sizeof *keys, compare);
        for (unsigned i = 0; i < n; i++)
                g_string_append_printf(out, "%s%s=[%s]", i > 0 ? " " : "", (char *) keys[i],
                                       (char *) g_hash_table_lookup(values, keys[i]));
        return g_string_free(out, false);
}

static void test_syntax(void)
{
        static const struct {
                const char *text, *got;
        } cases[] = {
                { "", "" },
                { "# nothing\n\n", "" },
                { "A=1\nB = 2 \n", "A=[1] B=[2]" },
                { "A=1\r\nB=2\r\n", "A=[1] B=[2]" },
                { "\357\273\277A=1", "A=[1]" },
                { "export A=1", "A=[1]" },
                { "exported=1", "exported=[1]" },
                { "A: yaml", "A=[yaml]" },
                { "A=x # comment", "A=[x]" },
                { "A=x#y", "A=[x#y]" },
                { "A='$B \\n # x'", "A=[$B \\n # x]" },
                { "A=\"a\\tb\\nc\" # x", "A=[a\tb\nc]" },
                { "A=\"one\ntwo\"\nB=3", "A=[one\ntwo] B=[3]" },
                { "A='it\\'s'", "A=[it's]" },
                { "A=1\nB=${A}2\nC=${D:-3}", "A=[1] B=[12] C=[3]" },
                { "A=\"\\$B\" \nC=$$D", "A=[$B] C=[$D]" },
                { "OUTSIDE\nNOT", "OUTSIDE=[outside]" },
                { "OUTSIDE=in\nA=$OUTSIDE", "A=[outside] OUTSIDE=[in]" },
                { "A=", "A=[]" },
                { "A.b-c[0]=1", "A.b-c[0]=[1]" },
                { "A=1\nA=2", "A=[2]" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = parsed(cases[i].text, false);

                g_assert_cmpstr(got, ==, cases[i].got);
        }
}

static void test_mistakes_have_their_line(void)
{
        static const struct {
                const char *text, *got;
        } cases[] = {
                { "A=1\n\nB C=2", "3: the name `B C` has a blank in it" },
                { "A=1\nB=\"x\ny", "2: a quote that is not closed" },
                { "A%B=1", "1: a name has letters, digits, `_`, `.` and `-`, and is followed by "
                           "`=`" },
                { "A=\"x\ny\"\nB=${C:?say so}", "3: the variable `C` has no value: say so" },
                { "\377=1", "1: it is not UTF-8" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                g_autofree char *got = parsed(cases[i].text, false);

                g_assert_cmpstr(got, ==, cases[i].got);
        }
}

static void test_raw_means_nothing(void)
{
        g_autofree char *got = parsed("# x\nA='$B' # y\n\nOUTSIDE\nC=\"1\"\r\n", true);
        g_autofree char *bad = parsed("A=1\nB C=2", true);

        g_assert_cmpstr(got, ==, "A=['$B' # y] C=[\"1\"] OUTSIDE=[outside]");
        g_assert_cmpstr(bad, ==, "2: the name `B C` has a blank in it");
}

static void test_growth_has_a_limit(void)
{
        g_autoptr(GString) text = g_string_new("A=0123456789\n");
        g_autofree char *got = NULL;

        for (unsigned i = 0; i < 30; i++)
                g_string_append(text, "A=$A$A\n");
        got = parsed(text->str, false);
        g_assert_cmpstr(got, ==, "18: the value becomes longer than 1 MiB");
        g_string_truncate(text, strlen("A=0123456789\n"));
        for (unsigned i = 0; i < 16; i++)
                g_string_append(text, "A=$A$A\n");
        for (unsigned i = 0; i < 30; i++)
                g_string_append_printf(text, "B%u=$A\n", i);
        g_free(got);
        got = parsed(text->str, false);
        g_assert_cmpstr(got, ==, "28: its values become more than 8388608 bytes");
}

int main(int argc, char **argv)
{
        g_test_init(&argc, &argv, NULL);
        g_test_add_func("/env-file/syntax", test_syntax);
        g_test_add_func("/env-file/mistakes", test_mistakes_have_their_line);
        g_test_add_func("/env-file/growth", test_growth_has_a_limit);
        g_test_add_func("/env-file/raw", test_raw_means_nothing);
        return g_test_run();
}
