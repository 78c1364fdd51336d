#include "protocol/smb_share.h"

#include <string.h>
#include <strings.h>

size_t smb_shares(const struct persona *p, const struct smb_host *host, struct smb_share ret[static SMB_SHARES_MAX])
{
    static const struct smb_share drawn_server[] = {
        {"Data", "", SMB_TYPE_DISK}, {"Backup", "", SMB_TYPE_DISK}, {"Public", "", SMB_TYPE_DISK}, {"Users", "", SMB_TYPE_DISK},
        {"Install", "", SMB_TYPE_DISK}, {"Scans", "", SMB_TYPE_DISK}, {"Dept", "", SMB_TYPE_DISK}, {"inetpub", "", SMB_TYPE_DISK},
    };
    uint8_t draw = p->smb.guid[1];
    size_t n = 0;
    ret[n++] = (struct smb_share){"ADMIN$", "Remote Admin", SMB_TYPE_SPECIAL | SMB_TYPE_DISK};
    ret[n++] = (struct smb_share){"C$", "Default share", SMB_TYPE_SPECIAL | SMB_TYPE_DISK};
    if (draw & 0x80)
        ret[n++] = (struct smb_share){"D$", "Default share", SMB_TYPE_SPECIAL | SMB_TYPE_DISK};
    ret[n++] = (struct smb_share){"IPC$", "Remote IPC", SMB_TYPE_SPECIAL | SMB_TYPE_IPC};
    if (host->server)
        ret[n++] = drawn_server[draw & 7];
    else if (host->major == 5)
        ret[n++] = (struct smb_share){"SharedDocs", "", SMB_TYPE_DISK};
    else if (draw & 0x40)
        ret[n++] = (struct smb_share){"Users", "", SMB_TYPE_DISK};
    return n;
}

uint32_t smb_share_connect(const struct persona *p, const struct smb_host *host, const char *path)
{
    struct smb_share list[SMB_SHARES_MAX];
    size_t n = smb_shares(p, host, list);
    const char *last = strrchr(path, '\\');
    const char *name = last ? last + 1 : path;
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(name, list[i].name) == 0)
            return (list[i].type & SMB_TYPE_IPC) == SMB_TYPE_IPC ? SMB_OK : SMB_ACCESS_DENIED;
    return SMB_BAD_NETWORK_NAME;
}
