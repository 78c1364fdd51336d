/* Security blobs: SPNEGO, NTLMSSP inside, what is made of both. */
#include <stdlib.h>
#include <string.h>

#include "protocol/smb_ntlm.h"
#include "protocol/smb_spnego.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const uint8_t challenge[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct spnego_token t = {0};
    struct ntlm_login login;
    struct smb_host host = smb_host_of("Windows 7 Professional 7601");
    struct wr w = wr_of(1 << 16);
    if (spnego_read(data, n, &t) == 0 && t.ntlm) {
        if (t.ntlm < data || t.ntlm_len > n || t.ntlm + t.ntlm_len > data + n)
            abort();
        if (ntlm_challenge(&w, t.ntlm, t.ntlm_len, challenge, "FILES", &host, 1) == 0 && (w.bad || ntlm_type(w.bytes, w.len) != 2))
            abort();
        if (ntlm_read_authenticate(t.ntlm, t.ntlm_len, &login) == 0) {
            if (strlen(login.user) >= NTLM_NAME_MAX || login.nt_len > n)
                abort();
            (void)ntlm_kind(&login);
            (void)ntlm_proves_empty_password(&login, challenge);
            wr_clear(&w);
            ntlm_hashcat(&w, &login, challenge);
        }
    }
    wr_done(&w);
    return 0;
}
