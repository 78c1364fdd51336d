/* Every figure from the planted store and from an empty one, in every format. */
#include <stdlib.h>
#include <string.h>

#include "memory_store.h"

#include "../cmocka_all.h"
#include "figure/figure.h"

static struct picture *make(struct store *s, const char *name)
{
    static struct config config = {.n_darknet = 1, .darknet = {{0x0a4d0000, 18}}};
    struct analysis_params params = {.config = &config, .seed = 1};
    struct picture *p = NULL;
    struct err err = {""};
    if (figure_make(figure_find(name), s, &params, &p, &err) < 0)
        fail_msg("figure %s: %s", name, err.text);
    return p;
}

static char *drawn(const struct picture *p, enum canvas_format format, size_t *ret_n)
{
    char *bytes = NULL;
    FILE *f = open_memstream(&bytes, ret_n);
    assert_non_null(f);
    assert_int_equal(picture_write(p, format, f), 0);
    assert_int_equal(fclose(f), 0);
    return bytes;
}

static void starts_as(const struct picture *p, enum canvas_format format, const char *magic, size_t least)
{
    size_t n = 0;
    char *bytes = drawn(p, format, &n);
    assert_true(n > least);
    assert_memory_equal(bytes, magic, strlen(magic));
    free(bytes);
}

static void planted(void **state)
{
    static const struct {
        const char *name, *title, *caption;
    } want[] = {{"3", "TCP 445", "2 of the"},
                {"4", "24.242.18.7", "24.242.18.7 swept 21 of the 21"},
                {"5", "the sweep of 10.77.", "addresses one after the other"},
                {"6", "91.74.203.44", "91.74.203.44 swept 13 of the 13"},
                {"7", "while told 5.6.10", "goes on as at random"},
                {"8", "while told 5.1.54", "returns to points, then leaves them out"}};
    struct store *s = memory_store_open();
    memory_store_plant(s, true);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct picture *p = make(s, want[i].name);
        assert_non_null(strstr(p->title, want[i].title));
        assert_non_null(strstr(p->caption, want[i].caption));
        starts_as(p, CANVAS_SVG, "<?xml", 10000);
        picture_free(p);
    }
    struct picture *p = make(s, "5");
    starts_as(p, CANVAS_PNG, "\x89PNG", 10000);
    starts_as(p, CANVAS_PDF, "%PDF", 10000);
    picture_free(p);
    store_close(s);
}

/* Without effects figure 5 has no sweep to enlarge and figure 8 no sentence but "none"; nothing to draw is no failure. */
static void nothing_planted(void **state)
{
    struct store *s = memory_store_open();
    memory_store_plant(s, false);
    struct picture *p = make(s, "5");
    assert_non_null(strstr(p->caption, "swept no /24 in order"));
    picture_free(p);
    p = make(s, "8");
    assert_non_null(strstr(p->caption, "no effect found"));
    picture_free(p);
    p = make(s, "4");
    assert_non_null(strstr(p->caption, "no effect found beyond its own order"));
    picture_free(p);
    store_close(s);
}

static void empty(void **state)
{
    struct store *s = memory_store_open();
    for (const struct figure *const *f = figure_table; *f; f++) {
        struct picture *p = make(s, (*f)->name);
        assert_true(p->caption[0] && p->title[0]);
        starts_as(p, CANVAS_PNG, "\x89PNG", 1000);
        picture_free(p);
    }
    assert_null(figure_find("9"));
    store_close(s);
}

/* A lone packet is seen: the picture of one differs from that of none where it stands. */
static void a_lone_packet_is_visible(void **state)
{
    struct store *s = memory_store_open();
    memory_store_run(s, "INSERT INTO packet(ts, src, dst, proto, sport, dport, tcp_flags) VALUES"
                        " (TIMESTAMP '2013-04-10 01:00:00', 7, ip4('10.77.32.0'), 6, 1, 445, 2)");
    struct picture *p = make(s, "4");
    struct canvas c;
    FILE *null = fopen("/dev/null", "w");
    assert_non_null(null);
    assert_int_equal(canvas_open(&c, CANVAS_PNG, p->figure->width_mm, p->figure->height_mm, "", null), 0);
    assert_int_equal(p->figure->draw(p, &c), 0);
    cairo_surface_flush(c.surface);
    const unsigned char *bytes = cairo_image_surface_get_data(c.surface);
    int stride = cairo_image_surface_get_stride(c.surface), blue = 0;
    /* the plot's middle, away from legend and title */
    for (int y = 350; y < 750; y++) {
        for (int x = 300; x < 1300; x++) {
            const unsigned char *px = bytes + (size_t)y * (size_t)stride + (size_t)x * 4; /* B G R x */
            blue += px[0] > 120 && px[2] < 140;
        }
    }
    assert_in_range(blue, 12, 200);
    assert_int_equal(canvas_close(&c), 0);
    (void)fclose(null);
    picture_free(p);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(planted), cmocka_unit_test(nothing_planted),
                                       cmocka_unit_test(empty), cmocka_unit_test(a_lone_packet_is_visible)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
