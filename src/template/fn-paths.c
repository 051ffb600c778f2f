/*
 * Sprig's functions on paths: Go's package path
 */

#include "template/call.h"
#include "template/tables.h"

/* The shortest path that means the same, by the text alone */
static Value clean(TemplateCall *call, Value path)
{
        bool rooted = path.len > 0 && path.s[0] == '/';
        char *out = arena_alloc(call->arena, (size_t) path.len + 2);
        size_t n = 0, floor = 0; /* what .. must not take away */

        if (rooted) {
                out[n++] = '/';
                floor = 1;
        }
        for (size_t i = 0; i < path.len;) {
                const char *s = path.s + i;
                const char *slash = memchr(s, '/', path.len - i);
                size_t len = slash != NULL ? (size_t) (slash - s) : path.len - i;

                i += len + 1;
                if (len == 0 || (len == 1 && s[0] == '.'))
                        continue;
                if (len == 2 && s[0] == '.' && s[1] == '.') {
                        if (n > floor) {
                                n--;
                                while (n > floor && out[n] != '/')
                                        n--;
                                continue;
                        }
                        if (rooted)
                                continue;
                }
                if (n > (size_t) rooted)
                        out[n++] = '/';
                memcpy(out + n, s, len);
                n += len;
                if (len == 2 && s[0] == '.' && s[1] == '.')
                        floor = n;
        }
        return n == 0 ? value_string(".") : value_string_n(out, n);
}

static bool fn_clean(TemplateCall *call, Value *ret)
{
        *ret = clean(call, ARG(0));
        return true;
}

static bool fn_base(TemplateCall *call, Value *ret)
{
        Value s = ARG(0);
        const char *slash;

        *ret = value_string(".");
        if (s.len == 0)
                return true;
        while (s.len > 0 && s.s[s.len - 1] == '/')
                s.len--;
        slash = memrchr(s.s, '/', s.len);
        if (slash != NULL) {
                s.len -= (uint32_t) (slash + 1 - s.s);
                s.s = slash + 1;
        }
        *ret = s.len == 0 ? value_string("/") : s;
        return true;
}

static bool fn_dir(TemplateCall *call, Value *ret)
{
        Value s = ARG(0);
        const char *slash = memrchr(s.s, '/', s.len);

        s.len = slash != NULL ? (uint32_t) (slash + 1 - s.s) : 0;
        *ret = clean(call, s);
        return true;
}

static bool fn_ext(TemplateCall *call, Value *ret)
{
        Value s = ARG(0);

        *ret = value_string("");
        for (size_t i = s.len; i > 0 && s.s[i - 1] != '/'; i--)
                if (s.s[i - 1] == '.') {
                        *ret = value_string_n(s.s + i - 1, s.len - i + 1);
                        break;
                }
        return true;
}

static bool fn_is_abs(TemplateCall *call, Value *ret)
{
        *ret = value_bool(ARG_LEN(0) > 0 && ARG_S(0)[0] == '/');
        return true;
}

#define GROUP "paths"

const TemplateFunction template_path_functions[] = {
        { "base", "s", "s", fn_base, 0, GROUP, "The last part of a path", "base \"/a/b.c\"",
          "b.c" },
        { "dir", "s", "s", fn_dir, 0, GROUP, "All but the last part", "dir \"/a/b.c\"", "/a" },
        { "clean", "s", "s", fn_clean, 0, GROUP, "The shortest path that means the same",
          "clean \"a//b/../c\"", "a/c" },
        { "ext", "s", "s", fn_ext, 0, GROUP, "The name's extension", "ext \"a/b.tar.gz\"", ".gz" },
        { "isAbs", "s", "b", fn_is_abs, 0, GROUP, "Whether it begins with /", "isAbs \"/a\"",
          "true" },
        { "osBase", "s", "s", fn_base, 0, GROUP, "The same as base", "osBase \"/a/b\"", "b" },
        { "osDir", "s", "s", fn_dir, 0, GROUP, "The same as dir", "osDir \"/a/b\"", "/a" },
        { "osClean", "s", "s", fn_clean, 0, GROUP, "The same as clean", "osClean \"a/./b\"",
          "a/b" },
        { "osExt", "s", "s", fn_ext, 0, GROUP, "The same as ext", "osExt \"a.b\"", ".b" },
        { "osIsAbs", "s", "b", fn_is_abs, 0, GROUP, "The same as isAbs", "osIsAbs \"a\"", "false" },
        { NULL },
};
