//! The `wheelworks` binary: a worker if it is started as one, else one command.

fn main() -> std::process::ExitCode {
    wheelworks::worker::main()
}
