/* The limit for whoever reads capture files by libpcap: a bare pcap_next_ex() loop that looks at no byte.
 *   pcap_loop FILE      prints "FRAMES BYTES", bytes as captured */
#include <inttypes.h>
#include <pcap/pcap.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    char why[PCAP_ERRBUF_SIZE] = "FILE is missing";
    pcap_t *p = argc == 2 ? pcap_open_offline(argv[1], why) : NULL;
    if (!p) {
        (void)fprintf(stderr, "pcap_loop: %s\n", why);
        return 1;
    }
    struct pcap_pkthdr *h;
    const uint8_t *bytes;
    uint64_t frames = 0, total = 0;
    int rc;
    while ((rc = pcap_next_ex(p, &h, &bytes)) == 1) {
        frames++;
        total += h->caplen;
    }
    if (rc != PCAP_ERROR_BREAK)
        (void)fprintf(stderr, "pcap_loop: %s\n", pcap_geterr(p));
    pcap_close(p);
    (void)printf("%" PRIu64 " %" PRIu64 "\n", frames, total);
    return rc == PCAP_ERROR_BREAK ? 0 : 1;
}
