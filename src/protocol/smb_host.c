#include "protocol/smb_host.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { BUILD_2000 = 2195, BUILD_XP = 2600, BUILD_2003 = 3790, BUILD_VISTA = 6000, BUILD_7 = 7600, BUILD_8 = 9200,
       BUILD_81 = 9600, BUILD_10 = 10240 };

/* The first number of 4 or 5 digits that can be a build: years (2003, 2008, 2012) are below 2195. */
static uint16_t build_of(const char *text)
{
    for (const char *p = text; *p;) {
        if (!isdigit((unsigned char)*p)) {
            p++;
            continue;
        }
        char *end;
        unsigned long v = strtoul(p, &end, 10);
        if (end - p >= 4 && end - p <= 5 && v >= BUILD_2000 && v <= UINT16_MAX)
            return (uint16_t)v;
        p = end;
    }
    if (strstr(text, "Windows 5.0"))
        return BUILD_2000;
    return strstr(text, "Windows 5.1") ? BUILD_XP : 7601;
}

struct smb_host smb_host_of(const char *native_os)
{
    static const struct {
        uint16_t build_from;
        uint8_t major, minor;
        uint16_t dialect;
    } versions[] = { /* [MS-SMB2] appendix A: dialects by product */
        {BUILD_10, 10, 0, 0x0311}, {BUILD_81, 6, 3, 0x0302}, {BUILD_8, 6, 2, 0x0300}, {BUILD_7, 6, 1, 0x0210},
        {BUILD_VISTA, 6, 0, 0x0202}, {BUILD_2003, 5, 2, 0}, {BUILD_XP, 5, 1, 0}, {0, 5, 0, 0},
    };
    struct smb_host host = {.build = build_of(native_os), .server = strstr(native_os, "Server") != NULL};
    size_t i = 0;
    while (host.build < versions[i].build_from)
        i++;
    host.major = versions[i].major;
    host.minor = versions[i].minor;
    host.smb2_dialect_max = versions[i].dialect;
    return host;
}

/* NegTokenInit2 as such hosts send it: mechanism list and the hint that replaced the principal name. */
#define HINT                                                                                                 \
    0xa3, 0x2a, 0x30, 0x28, 0xa0, 0x26, 0x1b, 0x24, 'n', 'o', 't', '_', 'd', 'e', 'f', 'i', 'n', 'e', 'd', '_', 'i', 'n', \
        '_', 'R', 'F', 'C', '4', '1', '7', '8', '@', 'p', 'l', 'e', 'a', 's', 'e', '_', 'i', 'g', 'n', 'o', 'r', 'e'
#define OID_SPNEGO  0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02
#define OID_NEGOEX  0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1e
#define OID_MS_KRB5 0x06, 0x09, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 0x01, 0x02, 0x02
#define OID_KRB5    0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02
#define OID_U2U     0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02, 0x03
#define OID_NTLMSSP 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0a

static const uint8_t spnego_7[] = {0x60, 0x76, OID_SPNEGO, 0xa0, 0x6c, 0x30, 0x6a, 0xa0, 0x3c, 0x30, 0x3a,
                                   OID_NEGOEX, OID_MS_KRB5, OID_KRB5, OID_U2U, OID_NTLMSSP, HINT};
static const uint8_t spnego_vista[] = {0x60, 0x6a, OID_SPNEGO, 0xa0, 0x60, 0x30, 0x5e, 0xa0, 0x30, 0x30, 0x2e,
                                       OID_MS_KRB5, OID_KRB5, OID_U2U, OID_NTLMSSP, HINT};
static const uint8_t spnego_nt5[] = {0x60, 0x28, OID_SPNEGO, 0xa0, 0x1e, 0x30, 0x1c, 0xa0, 0x0e, 0x30, 0x0c, OID_NTLMSSP,
                                     0xa3, 0x0a, 0x30, 0x08, 0xa0, 0x06, 0x1b, 0x04, 'N', 'O', 'N', 'E'};

const uint8_t *smb_host_spnego(const struct smb_host *host, uint16_t *ret_len)
{
    if (host->build >= BUILD_7) {
        *ret_len = sizeof spnego_7;
        return spnego_7;
    }
    if (host->build >= BUILD_VISTA) {
        *ret_len = sizeof spnego_vista;
        return spnego_vista;
    }
    *ret_len = sizeof spnego_nt5;
    return spnego_nt5;
}

const char *smb_dialect_name(uint16_t dialect)
{
    switch (dialect) {
    case 0x0202: return "SMB 2.0.2";
    case 0x0210: return "SMB 2.1";
    case 0x0300: return "SMB 3.0";
    case 0x0302: return "SMB 3.0.2";
    case 0x0311: return "SMB 3.1.1";
    case 0x02ff: return "SMB 2.???";
    default: return "NT LM 0.12";
    }
}
