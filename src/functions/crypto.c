/*
 * Functions that make random numbers, keys and certificates
 */

#include <sys/random.h>

#include "functions/functions.h"
#include "template/call.h"

static const FunctionProvider *provider(const TemplateCall *call)
{
        static const FunctionProvider nobody = { 0 };

        return call->user != NULL ? call->user : &nobody;
}

static void random_bytes(const TemplateCall *call, void *ret, size_t size)
{
        const FunctionProvider *p = provider(call);
        char *at = ret;

        if (p->random_bytes != NULL) {
                p->random_bytes(p->user, ret, size);
                return;
        }
        while (size > 0) {
                ssize_t n = getrandom(at, MIN(size, 256), 0);

                if (n < 0) /* only possible before the system is up */
                        continue;
                at += n;
                size -= (size_t) n;
        }
}

static bool uuidv4(TemplateCall *call, Value *ret)
{
        unsigned char b[16];
        GString *text = g_string_new(NULL);

        random_bytes(call, b, sizeof b);
        b[6] = (unsigned char) ((b[6] & 0x0F) | 0x40);
        b[8] = (unsigned char) ((b[8] & 0x3F) | 0x80);
        for (size_t i = 0; i < sizeof b; i++) {
                if (i == 4 || i == 6 || i == 8 || i == 10)
                        g_string_append_c(text, '-');
                g_string_append_printf(text, "%02x", b[i]);
        }
        *ret = call_take(call, text);
        return true;
}

#define CRYPTO "keys and random numbers"

const TemplateFunction functions_crypto[] = {
        { "uuidv4", "", "s", uuidv4, TEMPLATE_FN_RANDOM, CRYPTO, "A random UUID", "uuidv4 | len",
          "36" },
        { NULL },
};
