/* What was decoded, as CSV, for tests to compare:
 *   dump_headers file [--decap] FILE   one line per frame; a lost one is "lost,REASON"
 *   dump_headers spool STORE           the records of every segment; a count of bad blocks and lost records to stderr
 *   dump_headers ledger STORE          the loss rows of every segment
 *   dump_headers numbers STORE         tcp_seq of every record, one a line
 * Columns, empty where NULL: ip_version src dst proto sport dport tcp_flags tcp_seq tcp_ack tcp_window tcp_options icmp_type
 * icmp_code ip_id ip_ttl ip_tos ip_len ip_frag payload_len inner_src inner_dst inner_proto inner_sport inner_dport ts_us */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ip.h"
#include "header/hdr.h"
#include "spool/spool.h"
#include "wire/wire.h"

static void put_address(const struct hdr *h, uint32_t ip4, const uint8_t ip6[16])
{
    char text[INET6_ADDRSTRLEN];
    if (h->ip_version == 4)
        (void)printf(",%s", ip4_format(ip4, text));
    else
        (void)printf(",%s", inet_ntop(AF_INET6, ip6, text, sizeof text));
}
static void put_number(const struct hdr *h, unsigned needs, uint32_t v)
{
    if ((h->has & needs) == needs)
        (void)printf(",%" PRIu32, v);
    else
        (void)printf(",");
}

static void put_row(const struct hdr *h)
{
    char options[HDR_OPTIONS_TEXT_MAX] = "";
    if (h->has & HDR_TCP)
        (void)hdr_options_text(h->options, h->options_len, options);
    (void)printf("%u", h->ip_version);
    put_address(h, h->src, h->src6);
    put_address(h, h->dst, h->dst6);
    put_number(h, 0, h->proto);
    put_number(h, HDR_PORTS, h->sport);
    put_number(h, HDR_PORTS, h->dport);
    put_number(h, HDR_TCP, h->tcp_flags);
    put_number(h, HDR_TCP, h->tcp_seq);
    put_number(h, HDR_TCP, h->tcp_ack);
    put_number(h, HDR_TCP, h->tcp_window);
    for (char *c = options; *c; c++)
        *c = *c == ',' ? ' ' : *c;
    (void)printf(",%s", options);
    put_number(h, HDR_ICMP, h->icmp_type);
    put_number(h, HDR_ICMP, h->icmp_code);
    if (h->ip_version == 4)
        put_number(h, 0, h->ip_id);
    else
        (void)printf(",");
    put_number(h, 0, h->ip_ttl);
    put_number(h, 0, h->ip_tos);
    put_number(h, 0, h->ip_len_bytes);
    put_number(h, 0, h->ip_frag);
    put_number(h, HDR_PAYLOAD_LEN, h->payload_len_bytes);
    if (h->has & HDR_INNER) {
        put_address(h, h->inner_src, h->inner_src6);
        put_address(h, h->inner_dst, h->inner_dst6);
    } else {
        (void)printf(",,");
    }
    put_number(h, HDR_INNER, h->inner_proto);
    put_number(h, HDR_INNER_PORTS, h->inner_sport);
    put_number(h, HDR_INNER_PORTS, h->inner_dport);
    (void)printf(",%" PRId64 "\n", h->ts_us);
}

static int dump_file(const char *path, unsigned decap)
{
    struct err err = {""};
    struct wire *w;
    int rc = wire_open_file(path, &w, &err);
    if (rc == 0) {
        struct frame f;
        while ((rc = wire_next(w, 0, &f, &err)) == 1) {
            struct hdr h;
            enum hdr_loss why = hdr_decode_decap(decap, f.link_type, f.bytes, f.cap_len_bytes, f.wire_len_bytes, f.ts_us, &h);
            if (why == HDR_STORED)
                put_row(&h);
            else
                (void)printf("lost,%s\n", hdr_loss_name(why));
        }
        wire_close(w);
    }
    if (rc < 0)
        (void)fprintf(stderr, "%s\n", err.text);
    return rc < 0;
}

enum what { RECORDS, LEDGER, NUMBERS };

static int dump_segment(const char *path, enum what what)
{
    struct err err = {""};
    struct spool_reader *r;
    if (spool_reader_open(path, &r, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct hdr h;
    while (spool_read(r, &h) == 1) {
        if (what == RECORDS)
            put_row(&h);
        else if (what == NUMBERS)
            (void)printf("%" PRIu32 "\n", h.tcp_seq);
    }
    struct loss_row row;
    while (what == LEDGER && spool_read_loss(r, &row) == 1)
        (void)printf("%" PRId64 ",%" PRId64 ",%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", row.ts_us, row.interval_us,
                     row.stage, row.reason, row.received, row.stored, row.lost);
    uint64_t bad = spool_reader_bad_blocks(r), lost = spool_reader_lost_records(r);
    if (bad || lost)
        (void)fprintf(stderr, "%s: %" PRIu64 " bad blocks, %" PRIu64 " records lost\n", path, bad, lost);
    spool_reader_close(r);
    return bad || lost;
}

static int dump_store(const char *store, enum what what)
{
    struct err err = {""};
    struct spool_segment *list;
    size_t n;
    if (spool_list(store, &list, &n, &err) < 0) {
        (void)fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    int bad = 0;
    for (size_t i = 0; i < n; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/spool/%s", store, list[i].name);
        bad |= dump_segment(path, what);
    }
    free(list);
    return bad;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "file") == 0)
        return dump_file(argv[2], 0);
    if (argc == 4 && strcmp(argv[1], "file") == 0 && strcmp(argv[2], "--decap") == 0)
        return dump_file(argv[3], HDR_DECAP_GRE | HDR_DECAP_ERSPAN | HDR_DECAP_VXLAN);
    if (argc == 3 && strcmp(argv[1], "spool") == 0)
        return dump_store(argv[2], RECORDS);
    if (argc == 3 && strcmp(argv[1], "ledger") == 0)
        return dump_store(argv[2], LEDGER);
    if (argc == 3 && strcmp(argv[1], "numbers") == 0)
        return dump_store(argv[2], NUMBERS);
    (void)fprintf(stderr, "dump_headers file [--decap] FILE | spool STORE | ledger STORE | numbers STORE\n");
    return 2;
}
