package org.dmsalvage.live.nbd;

/**
 * Numbers of the protocol, as its specification (doc/proto.md of the NetworkBlockDevice project)
 * names them. Everything on the wire is big-endian.
 *
 * <pre>
 * greeting        u64 NBD_MAGIC, u64 OPTION_MAGIC, u16 handshake flags
 * client flags    u32
 * option          u64 OPTION_MAGIC, u32 option, u32 length, data
 * option reply    u64 OPTION_REPLY_MAGIC, u32 option, u32 reply type, u32 length, data
 * request         u32 REQUEST_MAGIC, u16 flags, u16 command, u64 cookie, u64 offset, u32 length
 * simple reply    u32 SIMPLE_REPLY_MAGIC, u32 error, u64 cookie, data
 * chunk           u32 CHUNK_MAGIC, u16 flags, u16 type, u64 cookie, u32 length, data
 * </pre>
 */
final class Protocol {

  static final long NBD_MAGIC = 0x4e42444d41474943L;
  static final long OPTION_MAGIC = 0x49484156454f5054L;
  static final long OPTION_REPLY_MAGIC = 0x3e889045565a9L;
  static final int REQUEST_MAGIC = 0x25609513;
  static final int SIMPLE_REPLY_MAGIC = 0x67446698;
  static final int CHUNK_MAGIC = 0x668e33ef;

  static final int REQUEST_BYTES = 28;
  static final int SIMPLE_REPLY_BYTES = 16;
  static final int CHUNK_BYTES = 20;

  static final int FLAG_FIXED_NEWSTYLE = 1;
  static final int FLAG_NO_ZEROES = 2;

  static final int OPT_EXPORT_NAME = 1;
  static final int OPT_ABORT = 2;
  static final int OPT_LIST = 3;
  static final int OPT_STARTTLS = 5;
  static final int OPT_INFO = 6;
  static final int OPT_GO = 7;
  static final int OPT_STRUCTURED_REPLY = 8;
  static final int OPT_LIST_META_CONTEXT = 9;
  static final int OPT_SET_META_CONTEXT = 10;

  static final int REP_ACK = 1;
  static final int REP_SERVER = 2;
  static final int REP_INFO = 3;
  static final int REP_META_CONTEXT = 4;
  static final int REP_ERR_UNSUP = 0x80000001;
  static final int REP_ERR_INVALID = 0x80000003;
  static final int REP_ERR_TLS_REQD = 0x80000005;
  static final int REP_ERR_UNKNOWN = 0x80000006;
  static final int REP_ERR_TOO_BIG = 0x80000009;

  static final int INFO_EXPORT = 0;
  static final int INFO_NAME = 1;
  static final int INFO_DESCRIPTION = 2;
  static final int INFO_BLOCK_SIZE = 3;

  static final int HAS_FLAGS = 1;
  static final int READ_ONLY = 1 << 1;
  static final int SEND_FLUSH = 1 << 2;
  static final int SEND_FUA = 1 << 3;
  static final int SEND_TRIM = 1 << 5;
  static final int SEND_WRITE_ZEROES = 1 << 6;
  static final int SEND_DF = 1 << 7;
  static final int CAN_MULTI_CONN = 1 << 8;
  static final int SEND_CACHE = 1 << 10;

  static final int CMD_READ = 0;
  static final int CMD_WRITE = 1;
  static final int CMD_DISC = 2;
  static final int CMD_FLUSH = 3;
  static final int CMD_TRIM = 4;
  static final int CMD_CACHE = 5;
  static final int CMD_WRITE_ZEROES = 6;
  static final int CMD_BLOCK_STATUS = 7;

  static final int CMD_FLAG_FUA = 1;
  static final int CMD_FLAG_NO_HOLE = 1 << 1;
  static final int CMD_FLAG_DF = 1 << 2;
  static final int CMD_FLAG_REQ_ONE = 1 << 3;

  static final int CHUNK_FLAG_DONE = 1;
  static final int CHUNK_NONE = 0;
  static final int CHUNK_OFFSET_DATA = 1;
  static final int CHUNK_BLOCK_STATUS = 5;
  static final int CHUNK_ERROR = (1 << 15) + 1;
  static final int CHUNK_ERROR_OFFSET = (1 << 15) + 2;

  static final int STATE_HOLE = 1;
  static final int STATE_ZERO = 1 << 1;

  static final int EPERM = 1;
  static final int EIO = 5;
  static final int EINVAL = 22;
  static final int ENOSPC = 28;
  static final int EOVERFLOW = 75;

  /** Longest name of an export or of a context. */
  static final int MAX_STRING_BYTES = 4096;

  /** Block sizes that are announced: any request goes, whole cache blocks go best. */
  static final int MIN_BLOCK_BYTES = 1;

  static final int PREFERRED_BLOCK_BYTES = 4096;
  static final int MAX_PAYLOAD_BYTES = 32 << 20;

  private Protocol() {}
}
