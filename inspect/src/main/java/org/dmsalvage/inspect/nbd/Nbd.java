package org.dmsalvage.inspect.nbd;

/** Numbers of the NBD protocol (doc/proto.md of the NBD project); all are sent big-endian. */
public final class Nbd {

  /** Port of a server unless its URI says otherwise. */
  public static final int PORT = 10809;

  /** First eight bytes from a server: "NBDMAGIC". */
  public static final long MAGIC = 0x4e42444d41474943L;

  /** The next eight bytes, and the first of each option: "IHAVEOPT". */
  public static final long OPTION_MAGIC = 0x49484156454f5054L;

  /** First eight bytes of the reply to an option. */
  public static final long OPTION_REPLY_MAGIC = 0x3e889045565a9L;

  /** Handshake flag of both sides: fixed newstyle. */
  public static final int FLAG_FIXED_NEWSTYLE = 1;

  /** Handshake flag of both sides: no 124 zeros behind the answer to {@link #OPT_EXPORT_NAME}. */
  public static final int FLAG_NO_ZEROES = 2;

  /** Option: choose an export, without a reply in case of failure. */
  public static final int OPT_EXPORT_NAME = 1;

  /** Option: end the handshake. */
  public static final int OPT_ABORT = 2;

  /** Option: list the exports. */
  public static final int OPT_LIST = 3;

  /** Option: tell of an export. */
  public static final int OPT_INFO = 6;

  /** Option: choose an export. */
  public static final int OPT_GO = 7;

  /** Option: structured replies from now on. */
  public static final int OPT_STRUCTURED_REPLY = 8;

  /** Option: list the metadata contexts. */
  public static final int OPT_LIST_META_CONTEXT = 9;

  /** Option: choose metadata contexts for block status. */
  public static final int OPT_SET_META_CONTEXT = 10;

  /** Reply to an option: done. */
  public static final int REP_ACK = 1;

  /** Reply to an option: name of an export. */
  public static final int REP_SERVER = 2;

  /** Reply to an option: facts about an export. */
  public static final int REP_INFO = 3;

  /** Reply to an option: a metadata context and its number. */
  public static final int REP_META_CONTEXT = 4;

  /** Bit of every reply that tells of an error. */
  public static final int REP_ERROR = 1 << 31;

  /** Reply to an option: the server does not know it. */
  public static final int REP_ERR_UNSUP = REP_ERROR + 1;

  /** Reply to an option: not allowed. */
  public static final int REP_ERR_POLICY = REP_ERROR + 2;

  /** Reply to an option: its data make no sense. */
  public static final int REP_ERR_INVALID = REP_ERROR + 3;

  /** Reply to an option: no such export. */
  public static final int REP_ERR_UNKNOWN = REP_ERROR + 6;

  /** Fact about an export: size and transmission flags. */
  public static final int INFO_EXPORT = 0;

  /** Fact about an export: least, best and greatest size of a request. */
  public static final int INFO_BLOCK_SIZE = 3;

  /** Name of the context that tells holes from data. */
  public static final String BASE_ALLOCATION = "base:allocation";

  /** First four bytes of a request. */
  public static final int REQUEST_MAGIC = 0x25609513;

  /** First four bytes of a simple reply. */
  public static final int SIMPLE_REPLY_MAGIC = 0x67446698;

  /** First four bytes of a chunk of a structured reply. */
  public static final int STRUCTURED_REPLY_MAGIC = 0x668e33ef;

  /** Transmission flag of an export: the flags mean something. */
  public static final int TRANSMISSION_HAS_FLAGS = 1;

  /** Transmission flag of an export: it cannot be written. */
  public static final int TRANSMISSION_READ_ONLY = 1 << 1;

  /** Transmission flag of an export: it takes flushes. */
  public static final int TRANSMISSION_SEND_FLUSH = 1 << 2;

  /** Transmission flag of an export: it takes writes through to the medium. */
  public static final int TRANSMISSION_SEND_FUA = 1 << 3;

  /** Transmission flag of an export: it takes discards. */
  public static final int TRANSMISSION_SEND_TRIM = 1 << 5;

  /** Transmission flag of an export: it takes writes of zeros. */
  public static final int TRANSMISSION_SEND_WRITE_ZEROES = 1 << 6;

  /** Transmission flag of an export: several connections see the same. */
  public static final int TRANSMISSION_CAN_MULTI_CONN = 1 << 8;

  /** Request: read. */
  public static final int CMD_READ = 0;

  /** Request: write. */
  public static final int CMD_WRITE = 1;

  /** Request: end; no reply. */
  public static final int CMD_DISC = 2;

  /** Request: make all writes durable. */
  public static final int CMD_FLUSH = 3;

  /** Request: discard. */
  public static final int CMD_TRIM = 4;

  /** Request: write zeros. */
  public static final int CMD_WRITE_ZEROES = 6;

  /** Request: tell what is a hole. */
  public static final int CMD_BLOCK_STATUS = 7;

  /** Flag of a request: through to the medium. */
  public static final int CMD_FLAG_FUA = 1;

  /** Flag of a chunk: the last one of its reply. */
  public static final int REPLY_FLAG_DONE = 1;

  /** Chunk: nothing more. */
  public static final int REPLY_TYPE_NONE = 0;

  /** Chunk: offset and data. */
  public static final int REPLY_TYPE_OFFSET_DATA = 1;

  /** Chunk: offset and length of zeros. */
  public static final int REPLY_TYPE_OFFSET_HOLE = 2;

  /** Chunk: number of a context, and pairs of length and status. */
  public static final int REPLY_TYPE_BLOCK_STATUS = 5;

  /** Bit of every chunk that tells of an error. */
  public static final int REPLY_TYPE_ERROR_BIT = 1 << 15;

  /** Chunk: an error and a message. */
  public static final int REPLY_TYPE_ERROR = REPLY_TYPE_ERROR_BIT + 1;

  /** Chunk: an error, a message and where it happened. */
  public static final int REPLY_TYPE_ERROR_OFFSET = REPLY_TYPE_ERROR_BIT + 2;

  /** Status bit of {@link #BASE_ALLOCATION}: no space is used. */
  public static final int STATE_HOLE = 1;

  /** Status bit of {@link #BASE_ALLOCATION}: reads as zeros. */
  public static final int STATE_ZERO = 2;

  /** Error: not permitted. */
  public static final int EPERM = 1;

  /** Error: the medium. */
  public static final int EIO = 5;

  /** Error: no memory. */
  public static final int ENOMEM = 12;

  /** Error: a request that makes no sense. */
  public static final int EINVAL = 22;

  /** Error: no space. */
  public static final int ENOSPC = 28;

  /** Error: too large. */
  public static final int EOVERFLOW = 75;

  /** Error: not supported. */
  public static final int ENOTSUP = 95;

  /** Error: the server is about to end. */
  public static final int ESHUTDOWN = 108;

  private Nbd() {}

  /** {@return an error of a reply in words} */
  public static String error(int number) {
    return switch (number) {
      case EPERM -> "operation not permitted";
      case EIO -> "input/output error";
      case ENOMEM -> "out of memory";
      case EINVAL -> "invalid argument";
      case ENOSPC -> "no space left";
      case EOVERFLOW -> "value too large";
      case ENOTSUP -> "not supported";
      case ESHUTDOWN -> "the server is shutting down";
      default -> "error " + number;
    };
  }
}
