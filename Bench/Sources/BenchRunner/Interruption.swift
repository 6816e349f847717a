// Ctrl-C, once and twice, and a request to end.

internal import Glibc
internal import Synchronization

/// What signals have asked of this process.
///
/// Handlers only count; the runner looks.
public enum Interruption {
    private static let interrupts = Atomic<Int>(0)
    private static let terminations = Atomic<Int>(0)

    /// From now on SIGINT and SIGTERM are counted, and a file that reaches its size limit is an error, not the end.
    public static func listen() {
        // A program started from a thread that blocks signals inherits the blocking.
        var ours = sigset_t()
        unsafe sigemptyset(&ours)
        for number in [SIGINT, SIGTERM] { unsafe sigaddset(&ours, number) }
        unsafe sigprocmask(SIG_UNBLOCK, &ours, nil)
        signal(SIGINT) { _ in Interruption.interrupts.add(1, ordering: .relaxed) }
        signal(SIGTERM) { _ in Interruption.terminations.add(1, ordering: .relaxed) }
        // Where a parent ignored it, children would vanish before they can be waited for.
        signal(SIGCHLD, SIG_DFL)
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Whether no further case should start.
    public static var isRequested: Bool { interrupts.load(ordering: .relaxed) > 0 || isUrgent }

    /// Whether the running case should be ended, too.
    public static var isUrgent: Bool {
        interrupts.load(ordering: .relaxed) > 1 || terminations.load(ordering: .relaxed) > 0
    }

    /// 130 or 143 as shells report the two signals; `nil` if there was none.
    public static var exitCode: Int32? {
        terminations.load(ordering: .relaxed) > 0 ? 143 : interrupts.load(ordering: .relaxed) > 0 ? 130 : nil
    }
}
