#include "protocol/mysql/my_net.h"

#include <errno.h>
#include <string.h>

#include "protocol/mysql/my_auth.h"
#include "protocol/mysql/my_tls.h"
#include "protocol/mysql/my_zip.h"

#define LAYER_BYTES_MAX (128u << 10) /* decrypted or decompressed bytes that wait */
#define WIRE_BYTES_MAX  (96u << 20)
#define TLS_STEP_BYTES  16384u

static void take(struct wr *w, size_t used)
{
    if (used >= w->len) {
        wr_clear(w);
        return;
    }
    if (used) {
        memmove(w->bytes, w->bytes + used, w->len - used);
        w->len -= used;
    }
}

int my_net_start_tls(struct my_ses *ses)
{
    struct my_net *n = &ses->net;
    n->tls = my_tls_new(ses->kit->tls);
    n->plain.max = LAYER_BYTES_MAX;
    n->layers++;
    return n->tls ? 0 : -ENOMEM;
}

int my_net_start_zip(struct my_ses *ses, int zstd_level)
{
    struct my_net *n = &ses->net;
    n->zip = my_zip_new(zstd_level);
    n->stream.max = LAYER_BYTES_MAX;
    n->layers++;
    ses->in.any_seq = true;
    return n->zip ? 0 : -ENOMEM;
}

void my_net_done(struct my_net *net)
{
    my_tls_free(net->tls);
    my_zip_free(net->zip);
    wr_done(&net->plain);
    wr_done(&net->stream);
    net->tls = NULL;
    net->zip = NULL;
}

void my_net_send(struct my_ses *ses, const uint8_t *bytes, size_t n)
{
    struct my_net *net = &ses->net;
    struct wr framed = wr_of(WIRE_BYTES_MAX), wire = wr_of(WIRE_BYTES_MAX);
    int rc = 0;
    if (net->zip) {
        rc = my_zip_write(net->zip, bytes, n, &framed);
        bytes = framed.bytes;
        n = framed.len;
    }
    if (net->tls && rc == 0 && n) {
        rc = my_tls_write(net->tls, bytes, n, &wire);
        rc = wire.bad ? -ENOBUFS : rc;
        bytes = wire.bytes;
        n = wire.len;
    }
    if (rc < 0)
        session_end(ses->s, rc == -ENOBUFS ? "limit" : "error");
    else if (n)
        (void)session_send(ses->s, bytes, n);
    wr_done(&framed);
    wr_done(&wire);
}

const char *my_net_status(const struct my_ses *ses, const char *name)
{
    const struct my_net *n = &ses->net;
    bool zstd = n->zip && !(ses->caps & MY_CAP_COMPRESS);
    if (strcmp(name, "Compression") == 0)
        return n->zip ? "ON" : "OFF";
    if (strcmp(name, "Compression_algorithm") == 0)
        return !n->zip ? "" : zstd ? "zstd" : "zlib";
    if (strcmp(name, "Compression_level") == 0 && n->zip)
        return zstd ? "3" : "6";
    return ses->kit->tls ? my_tls_status(ses->kit->tls, n->tls, name) : NULL;
}

/* ---- in ---- */
static struct feed refuse(struct my_ses *ses, enum my_err e)
{
    ses->seq = ses->in.seq;
    ses->changing = false;
    return my_login_refuse(ses, e, my_errdef(e)->text);
}

/* The stream's bytes, of which the packets may leave a part of a header. */
static struct feed give_stream(struct my_ses *ses, my_net_packets packets)
{
    struct my_net *net = &ses->net;
    struct feed f = packets(ses, net->stream.bytes, net->stream.len);
    take(&net->stream, f.used);
    return f;
}

static struct feed unzip(struct my_ses *ses, const uint8_t *in, size_t n, my_net_packets packets)
{
    struct my_net *net = &ses->net;
    size_t used = 0;
    if (net->stream.len) {
        struct feed f = give_stream(ses, packets);
        if (f.status != FEED_MORE)
            return (struct feed){f.status, 0};
    }
    for (;;) {
        size_t took = 0;
        int rc = my_zip_read(net->zip, in + used, n - used, &took, &net->stream);
        used += took;
        if (rc < 0) {
            struct feed f = rc == -EOVERFLOW ? (struct feed){FEED_ABORT, 0} : refuse(ses, rc == -EPROTO ? MY_ER_NET_OUT_OF_ORDER : MY_ER_NET_UNCOMPRESS);
            return (struct feed){f.status, n};
        }
        if (rc == 0)
            return (struct feed){FEED_MORE, used};
        struct feed f = give_stream(ses, packets);
        if (f.status != FEED_MORE)
            return (struct feed){f.status, used};
    }
}

static struct feed below_tls(struct my_ses *ses, const uint8_t *in, size_t n, my_net_packets packets)
{
    bool zipped = ses->net.zip != NULL;
    struct feed f = zipped ? unzip(ses, in, n, packets) : packets(ses, in, n);
    if (f.status == FEED_MORE && !zipped && ses->net.zip && f.used < n) { /* compression began in between */
        struct feed rest = below_tls(ses, in + f.used, n - f.used, packets);
        return (struct feed){rest.status, f.used + rest.used};
    }
    return f;
}

static struct feed give_plain(struct my_ses *ses, my_net_packets packets)
{
    struct my_net *net = &ses->net;
    if (!net->plain.len)
        return (struct feed){FEED_MORE, 0};
    struct feed f = below_tls(ses, net->plain.bytes, net->plain.len, packets);
    take(&net->plain, f.used);
    return f;
}

/* What comes is no TLS: an alert, then the handshake's error as it was before TLS. */
static struct feed broken_tls(struct my_ses *ses, bool ready)
{
    my_tls_free(ses->net.tls);
    ses->net.tls = NULL;
    if (ready)
        return (struct feed){FEED_ABORT, 0};
    return refuse(ses, MY_ER_HANDSHAKE);
}

static struct feed decrypt(struct my_ses *ses, const uint8_t *in, size_t n, my_net_packets packets)
{
    struct my_net *net = &ses->net;
    size_t used = 0;
    struct feed f = give_plain(ses, packets);
    while (f.status == FEED_MORE && used < n) {
        struct wr wire = wr_of(LAYER_BYTES_MAX);
        size_t step = n - used < TLS_STEP_BYTES ? n - used : TLS_STEP_BYTES;
        int rc = my_tls_read(net->tls, in + used, step, &net->plain, &wire);
        used += step;
        if (wire.len)
            (void)session_send(ses->s, wire.bytes, wire.len);
        bool bad = wire.bad || net->plain.bad;
        wr_done(&wire);
        if (rc < 0 || bad) {
            f = broken_tls(ses, bad || my_tls_ready(net->tls));
            break;
        }
        f = give_plain(ses, packets);
        if (rc == 0 && f.status == FEED_MORE)
            f.status = FEED_CLOSE;
    }
    return (struct feed){f.status, used};
}

struct feed my_net_input(struct my_ses *ses, const uint8_t *in, size_t n, my_net_packets packets)
{
    if (ses->net.tls)
        return decrypt(ses, in, n, packets);
    struct feed f = below_tls(ses, in, n, packets);
    if (f.status == FEED_MORE && ses->net.tls && f.used < n) { /* the SSL request was among them */
        struct feed rest = decrypt(ses, in + f.used, n - f.used, packets);
        return (struct feed){rest.status, f.used + rest.used};
    }
    return f;
}

struct feed my_net_resume(struct my_ses *ses, my_net_packets packets)
{
    if (ses->net.tls)
        return give_plain(ses, packets);
    if (ses->net.zip && ses->net.stream.len)
        return give_stream(ses, packets);
    return (struct feed){FEED_MORE, 0};
}
