#include "template/printer.h"

#include "template/rune.h"

void printer_clear_flags(Printer *p)
{
        p->width = p->precision = 0;
        p->has_width = p->has_precision = false;
        p->minus = p->plus = p->sharp = p->space = p->zero = false;
        p->plus_v = p->sharp_v = false;
}

void printer_put_rune(Printer *p, gunichar r)
{
        if (printer_has_room(p, 4))
                rune_append(p->out, r);
}

void printer_put_padding(Printer *p, int n)
{
        gsize start = p->out->len;

        if (n <= 0 || !printer_has_room(p, (size_t) n))
                return;
        g_string_set_size(p->out, start + (gsize) n);
        memset(p->out->str + start, p->zero && !p->minus ? '0' : ' ', (size_t) n);
}

void printer_pad(Printer *p, const char *s, size_t n)
{
        int missing;

        if (!p->has_width || p->width == 0) {
                printer_put_n(p, s, n);
                return;
        }
        missing = p->width - (int) MIN(rune_count(s, n), FMT_NUMBER_MAX);
        if (!p->minus)
                printer_put_padding(p, missing);
        printer_put_n(p, s, n);
        if (p->minus)
                printer_put_padding(p, missing);
}

void printer_pad_without_zeros(Printer *p, const char *s, size_t n)
{
        bool zero = p->zero;

        p->zero = false;
        printer_pad(p, s, n);
        p->zero = zero;
}

size_t printer_truncated(const Printer *p, const char *s, size_t n)
{
        int left = p->precision;
        size_t width;

        if (!p->has_precision)
                return n;
        for (size_t i = 0; i < n; i += width) {
                if (--left < 0)
                        return i;
                rune_decode(s + i, n - i, &width);
        }
        return n;
}
