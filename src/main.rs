//! The `wheelworks` binary: runs a worker with `--persistent_worker`, else one command.

fn main() -> std::process::ExitCode {
    wheelworks::worker::main()
}
