//! The rules of `audit` about device code. They are checked only if device code is read.

use crate::findings::rules;

rules! {
DEVICE_CODE_MISSING = "device-code-missing" Error "a library with device code that lacks a required architecture"
    "On such a GPU the library fails with `no kernel image is available`, or the driver compiles its PTX when it is loaded."
    "compile it for that architecture, too: `-gencode arch=compute_90,code=sm_90`" "";
DEVICE_CODE_UNEXPECTED = "device-code-unexpected" Error "device code for an architecture that is not allowed"
    "It makes the wheel larger, for GPUs that the project does not support."
    "compile it without that architecture: `CMAKE_CUDA_ARCHITECTURES`, `TORCH_CUDA_ARCH_LIST` or `-gencode` decide" "";
DEVICE_CODE_TOO_LARGE = "device-code-too-large" Error "more device code of an architecture than `--max-device-bytes` allows"
    "Wheels grow with each kernel and architecture, and indexes limit their size."
    "`wheelworks inspect --by kernel` lists the largest kernels" "";
DEVICE_CODE_UNCOMPRESSED = "device-code-uncompressed" Warning "1 MiB or more of machine code for GPUs that the compiler did not compress"
    "It takes several times the space once the wheel is installed."
    "compile with `nvcc --compress-mode=size`; drivers before CUDA 12.4 do not load its output, and load that of `--compress-mode=speed`" "";
DEVICE_CODE_WITHOUT_PTX = "device-code-without-ptx" Info "a library without PTX for its newest architecture"
    "It does not run on GPUs of later generations, or by PTX for an older one."
    "nothing, if later GPUs get a later release; or add PTX: `-gencode arch=compute_120,code=[sm_120,compute_120]`" "";
DEVICE_CODE_DAMAGED = "device-code-damaged" Warning "bytes that begin like device code and are not valid"
    "The driver refuses the code when it is loaded, or a tool cut the library."
    "build the library again, without tools that rewrite it" "";
}

/// Every rule about device code.
pub(super) static DEVICE_CODE: &[&crate::findings::Rule] = ALL;
