/*
 * Sprig's functions on values of any sort
 */

#include "template/cast.h"
#include "template/render.h"
#include "template/semver.h"
#include "template/tables.h"

static bool fn_default(TemplateCall *call, Value *ret)
{
        *ret = call->n_args < 2 || cast_is_empty(ARG(1)) ? ARG(0) : ARG(1);
        return true;
}

static bool fn_empty(TemplateCall *call, Value *ret)
{
        *ret = value_bool(cast_is_empty(ARG(0)));
        return true;
}

static bool fn_coalesce(TemplateCall *call, Value *ret)
{
        *ret = value_nil();
        for (size_t i = 0; i < call->n_args; i++)
                if (!cast_is_empty(ARG(i))) {
                        *ret = ARG(i);
                        break;
                }
        return true;
}

static bool fn_all(TemplateCall *call, Value *ret)
{
        *ret = value_bool(true);
        for (size_t i = 0; i < call->n_args; i++)
                if (cast_is_empty(ARG(i)))
                        *ret = value_bool(false);
        return true;
}

static bool fn_any(TemplateCall *call, Value *ret)
{
        *ret = value_bool(false);
        for (size_t i = 0; i < call->n_args; i++)
                if (!cast_is_empty(ARG(i)))
                        *ret = value_bool(true);
        return true;
}

static bool fn_ternary(TemplateCall *call, Value *ret)
{
        *ret = ARG(2).b ? ARG(0) : ARG(1);
        return true;
}

#define COPY_MAX 200000 /* values in one copy */

static bool fn_deep_copy(TemplateCall *call, Value *ret)
{
        int64_t budget = COPY_MAX;

        if (is_nothing(ARG(0)))
                return template_call_fail(call, "there is nothing to copy");
        *ret = value_deep_copy(call->arena, ARG(0), &budget);
        if (budget < 0)
                return template_call_fail(call, "it is too large, or lies too deep in itself");
        return template_call_charge(call, (size_t) (COPY_MAX - budget)) &&
               template_call_reserve(call, 0);
}

static bool fn_deep_equal(TemplateCall *call, Value *ret)
{
        int64_t before = (int64_t) call->render->steps, budget = before;

        *ret = value_bool(value_deep_equal(ARG(0), ARG(1), &budget));
        return template_call_charge(call, (size_t) (before - budget));
}

static const char *type_name(Value v)
{
        return is_nothing(v) ? "<nil>" : value_type_name((ValueType) v.type);
}

static const char *kind_name(Value v)
{
        return is_nothing(v) ? "invalid" : value_kind_name(value_kind(v));
}

static bool same(Value text, const char *other)
{
        return strlen(other) == text.len && memcmp(text.s, other, text.len) == 0;
}

static bool fn_type_of(TemplateCall *call, Value *ret)
{
        *ret = value_string(type_name(ARG(0)));
        return true;
}

static bool fn_type_is(TemplateCall *call, Value *ret)
{
        *ret = value_bool(same(ARG(0), type_name(ARG(1))));
        return true;
}

static bool fn_type_is_like(TemplateCall *call, Value *ret)
{
        const char *name = type_name(ARG(1));

        *ret = value_bool(same(ARG(0), name) || (*name == '*' && same(ARG(0), name + 1)));
        return true;
}

static bool fn_kind_of(TemplateCall *call, Value *ret)
{
        *ret = value_string(kind_name(ARG(0)));
        return true;
}

static bool fn_kind_is(TemplateCall *call, Value *ret)
{
        *ret = value_bool(same(ARG(0), kind_name(ARG(1))));
        return true;
}

static bool fn_semver(TemplateCall *call, Value *ret)
{
        ValueVersion *version = semver_parse(call->arena, ARG_S(0), ARG_LEN(0));

        *ret = (Value){ .type = VALUE_VERSION, .version = version };
        if (version == NULL)
                return template_call_fail(call, "\"%s\" is no version such as 1.2.3",
                                          arg_cstring(call, 0));
        return true;
}

/* Each part of a condition has patterns that are compiled for it */
#define COMPARE_STEPS      300
#define COMPARE_BYTE_STEPS 60

static bool fn_semver_compare(TemplateCall *call, Value *ret)
{
        ValueVersion *version, *zero;
        SemverCheck check;

        *ret = value_bool(false);
        if (!template_call_charge(call, COMPARE_STEPS + COMPARE_BYTE_STEPS * ARG_LEN(0)))
                return false;
        version = semver_parse(call->arena, ARG_S(1), ARG_LEN(1));
        zero = semver_parse(call->arena, "0.0.0", 5);
        check = semver_check(call->arena, ARG_S(0), ARG_LEN(0), version != NULL ? version : zero);
        if (check == SEMVER_BAD_CONSTRAINT)
                return template_call_fail(call,
                                          "\"%s\" is no condition on versions such as "
                                          ">=1.2, <2 || ^3.1",
                                          arg_cstring(call, 0));
        if (version == NULL)
                return template_call_fail(call, "\"%s\" is no version such as 1.2.3",
                                          arg_cstring(call, 1));
        *ret = value_bool(check == SEMVER_YES);
        return true;
}

#define GROUP    "defaults and types"
#define VERSIONS "versions"

const TemplateFunction template_value_functions[] = {
        { "default", "aa*", "a", fn_default, 0, GROUP,
          "The first argument where the second is empty (\"\", 0, false, nil, without elements)",
          "default \"a\" \"\"", "a" },
        { "empty", "a", "b", fn_empty, 0, GROUP, "Whether a value is empty", "empty 0", "true" },
        { "coalesce", "a*", "a", fn_coalesce, 0, GROUP, "The first that is not empty",
          "coalesce 0 \"\" \"x\"", "x" },
        { "all", "a*", "b", fn_all, 0, GROUP, "Whether none is empty", "all 1 \"\"", "false" },
        { "any", "a*", "b", fn_any, 0, GROUP, "Whether one is not empty", "any 1 \"\"", "true" },
        { "ternary", "aab", "a", fn_ternary, 0, GROUP,
          "The first where the last is true, else the second", "ternary \"a\" \"b\" true", "a" },
        { "deepCopy", "a", "a", fn_deep_copy, 0, GROUP,
          "A copy whose lists and dictionaries are its own", "deepCopy (dict \"a\" 1)",
          "map[a:1]" },
        { "mustDeepCopy", "a", "a", fn_deep_copy, 0, GROUP, "Another name of deepCopy", NULL,
          NULL },
        { "deepEqual", "aa", "b", fn_deep_equal, 0, GROUP,
          "Whether two values are the same all through", "deepEqual (list 1) (list 1)", "true" },
        { "typeOf", "a", "s", fn_type_of, 0, GROUP, "The name of Go's type", "typeOf 1", "int" },
        { "typeIs", "sa", "b", fn_type_is, 0, GROUP, "Whether it is that type", "typeIs \"int\" 1",
          "true" },
        { "typeIsLike", "sa", "b", fn_type_is_like, 0, GROUP, "The same, or a pointer to it",
          "typeIsLike \"int\" 1", "true" },
        { "kindOf", "a", "s", fn_kind_of, 0, GROUP, "The name of Go's kind", "kindOf (list)",
          "slice" },
        { "kindIs", "sa", "b", fn_kind_is, 0, GROUP, "Whether it is that kind",
          "kindIs \"map\" (dict)", "true" },
        { "semver", "s", "V", fn_semver, 0, VERSIONS, "A version, with fields such as .Major",
          "(semver \"1.2.3\").Minor", "2" },
        { "semverCompare", "ss", "b", fn_semver_compare, 0, VERSIONS,
          "Whether a version meets a condition", "semverCompare \"^1.2\" \"1.3.0\"", "true" },
        { NULL },
};
