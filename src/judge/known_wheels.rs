//! What well-known wheels bring, for `--provided-by known`.
//!
//! From the file lists and METADATA of the wheels for Linux on x86-64 that PyPI had on 2026-11-30. The
//! versions are those that were read; another version may bring libraries of other names. There are no
//! rows for ROCm: on that day PyPI had no wheel with its libraries.

use std::collections::BTreeSet;

/// What one wheel brings.
#[derive(Debug)]
pub struct KnownWheel {
    /// The normalised name.
    pub name: &'static str,
    /// The version that was read.
    pub version: &'static str,
    /// Other wheels of the table that it requires, separated by blanks; `[EXTRA]NAME` for an extra.
    requires: &'static str,
    /// The file names of its libraries, separated by blanks.
    libraries: &'static str,
}

impl KnownWheel {
    /// Iterates over the file names of its libraries.
    pub fn libraries(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.libraries.split_ascii_whitespace()
    }

    /// Returns the directory of its libraries, relative to site-packages; `None` for a wheel without any.
    ///
    /// NVIDIA's wheels for CUDA 11 and 12, and those with the version of CUDA at the end of their names, have a
    /// directory each; those for CUDA 13 share one.
    pub(super) fn directory(&self) -> Option<String> {
        if self.libraries.is_empty() {
            return None;
        }
        let Some(name) = self.name.strip_prefix("nvidia-") else {
            return Some(format!("{}/lib", self.name));
        };
        Some(match name.rsplit_once("-cu") {
            Some(("cuda-nvcc", _)) => "nvidia/cuda_nvcc/nvvm/lib64".to_owned(),
            Some((name, _)) => format!("nvidia/{}/lib", name.replace('-', "_")),
            None => "nvidia/cu13/lib".to_owned(),
        })
    }

    /// Returns whether it is installed where pure Python is: as NVIDIA's wheels are.
    pub(super) fn is_purelib(&self) -> bool {
        self.name != "torch"
    }

    /// Iterates over the wheels that it requires, with these extras.
    pub(super) fn required<'a>(
        &self,
        extras: &'a BTreeSet<String>,
    ) -> impl Iterator<Item = &'static str> + use<'a> {
        self.requires.split_ascii_whitespace().filter_map(|text| {
            match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
                None => Some(text),
                Some((extra, name)) => {
                    (extras.contains(extra) || extras.contains("all")).then_some(name)
                }
            }
        })
    }
}

/// Returns the wheel of a normalised name.
pub(super) fn find(name: &str) -> Option<&'static KnownWheel> {
    WHEELS.iter().find(|wheel| wheel.name == name)
}

const fn wheel(
    name: &'static str,
    version: &'static str,
    requires: &'static str,
    libraries: &'static str,
) -> KnownWheel {
    KnownWheel { name, version, requires, libraries }
}

/// The table, by name.
#[rustfmt::skip]
pub static WHEELS: &[KnownWheel] = &[
    wheel("cuda-toolkit", "13.5.0",
        "[cublas]nvidia-cublas [cublas]nvidia-cuda-nvrtc [cudart]nvidia-cuda-runtime \
         [cufft]nvidia-cufft [cufft]nvidia-nvjitlink [cufile]nvidia-cufile \
         [cupti]nvidia-cuda-cupti [curand]nvidia-curand [cusolver]nvidia-cublas \
         [cusolver]nvidia-cusolver [cusolver]nvidia-cusparse [cusolver]nvidia-nvjitlink \
         [cusparse]nvidia-cusparse [cusparse]nvidia-nvjitlink [npp]nvidia-npp \
         [nvcc]nvidia-cuda-runtime [nvcc]nvidia-nvvm [nvjitlink]nvidia-nvjitlink \
         [nvjpeg]nvidia-nvjpeg [nvrtc]nvidia-cuda-nvrtc [nvtx]nvidia-nvtx [nvvm]nvidia-nvvm \
         [tileiras]nvidia-nvjitlink [tileiras]nvidia-nvvm",
        ""),
    wheel("nvidia-cublas", "13.10.0.20",
        "nvidia-cuda-nvrtc",
        "libcublas.so.13 libcublasLt.so.13 libnvblas.so.13"),
    wheel("nvidia-cublas-cu11", "11.11.3.6",
        "",
        "libcublas.so.11 libcublasLt.so.11 libnvblas.so.11"),
    wheel("nvidia-cublas-cu12", "12.9.3.13",
        "nvidia-cuda-nvrtc-cu12",
        "libcublas.so.12 libcublasLt.so.12 libnvblas.so.12"),
    wheel("nvidia-cuda-cupti", "13.5.25",
        "",
        "libcheckpoint.so libcupti.so.13 libnvperf_host.so libnvperf_target.so \
         libpcsamplingutil.so"),
    wheel("nvidia-cuda-cupti-cu11", "11.8.87",
        "",
        "libcheckpoint.so libcupti.so.11.8 libnvperf_host.so libnvperf_target.so \
         libpcsamplingutil.so"),
    wheel("nvidia-cuda-cupti-cu12", "12.9.79",
        "",
        "libcheckpoint.so libcupti.so.12 libnvperf_host.so libnvperf_target.so \
         libpcsamplingutil.so"),
    wheel("nvidia-cuda-nvcc-cu12", "12.9.86", "", "libnvvm.so"),
    wheel("nvidia-cuda-nvrtc", "13.5.37", "", "libnvrtc-builtins.so.13.5 libnvrtc.so.13"),
    wheel("nvidia-cuda-nvrtc-cu11", "11.8.89", "", "libnvrtc-builtins.so.11.8 libnvrtc.so.11.2"),
    wheel("nvidia-cuda-nvrtc-cu12", "12.9.86",
        "",
        "libnvrtc-builtins.alt.so.12.9 libnvrtc-builtins.so.12.9 libnvrtc.alt.so.12 \
         libnvrtc.so.12"),
    wheel("nvidia-cuda-runtime", "13.5.37", "", "libcudart.so.13"),
    wheel("nvidia-cuda-runtime-cu11", "11.8.89", "", "libOpenCL.so.1 libcudart.so.11.0"),
    wheel("nvidia-cuda-runtime-cu12", "12.9.79", "", "libcudart.so.12"),
    wheel("nvidia-cudnn-cu11", "9.10.2.21",
        "nvidia-cublas-cu11",
        "libcudnn.so.9 libcudnn_adv.so.9 libcudnn_cnn.so.9 libcudnn_engines_precompiled.so.9 \
         libcudnn_engines_runtime_compiled.so.9 libcudnn_graph.so.9 libcudnn_heuristic.so.9 \
         libcudnn_ops.so.9"),
    wheel("nvidia-cudnn-cu12", "9.28.0.42",
        "nvidia-cublas-cu12",
        "libcudnn.so.9 libcudnn_adv.so.9 libcudnn_cnn.so.9 libcudnn_engines_precompiled.so.9 \
         libcudnn_engines_runtime_compiled.so.9 libcudnn_engines_tensor_ir.so.9 \
         libcudnn_ext.so.9 libcudnn_graph.so.9 libcudnn_heuristic.so.9 libcudnn_ops.so.9"),
    wheel("nvidia-cudnn-cu13", "9.28.1.4",
        "nvidia-cublas",
        "libcudnn.so.9 libcudnn_adv.so.9 libcudnn_cnn.so.9 libcudnn_engines_precompiled.so.9 \
         libcudnn_engines_runtime_compiled.so.9 libcudnn_engines_tensor_ir.so.9 \
         libcudnn_ext.so.9 libcudnn_graph.so.9 libcudnn_heuristic.so.9 libcudnn_ops.so.9"),
    wheel("nvidia-cufft", "12.5.0.14", "nvidia-nvjitlink", "libcufft.so.12 libcufftw.so.12"),
    wheel("nvidia-cufft-cu11", "10.9.0.58", "", "libcufft.so.10 libcufftw.so.10"),
    wheel("nvidia-cufft-cu12", "11.4.1.4",
        "nvidia-nvjitlink-cu12",
        "libcufft.so.11 libcufftw.so.11"),
    wheel("nvidia-cufile", "1.20.0.107", "", "libcufile.so.0 libcufile_rdma.so.1"),
    wheel("nvidia-cufile-cu12", "1.14.1.1", "", "libcufile.so.0 libcufile_rdma.so.1"),
    wheel("nvidia-curand", "10.4.5.25", "", "libcurand.so.10"),
    wheel("nvidia-curand-cu11", "10.3.0.86", "", "libcurand.so.10"),
    wheel("nvidia-curand-cu12", "10.3.10.19", "", "libcurand.so.10"),
    wheel("nvidia-cusolver", "12.4.1.2",
        "nvidia-cublas nvidia-nvjitlink nvidia-cusparse",
        "libcusolver.so.12 libcusolverMg.so.12"),
    wheel("nvidia-cusolver-cu11", "11.4.1.48",
        "nvidia-cublas-cu11",
        "libcusolver.so.11 libcusolverMg.so.11"),
    wheel("nvidia-cusolver-cu12", "11.7.5.82",
        "nvidia-cublas-cu12 nvidia-nvjitlink-cu12 nvidia-cusparse-cu12",
        "libcusolver.so.11 libcusolverMg.so.11"),
    wheel("nvidia-cusparse", "12.9.4.2", "nvidia-nvjitlink", "libcusparse.so.12"),
    wheel("nvidia-cusparse-cu11", "11.7.5.86", "", "libcusparse.so.11"),
    wheel("nvidia-cusparse-cu12", "12.5.10.65", "nvidia-nvjitlink-cu12", "libcusparse.so.12"),
    wheel("nvidia-cusparselt-cu12", "0.8.1", "", "libcusparseLt.so.0"),
    wheel("nvidia-cusparselt-cu13", "0.10.0", "", "libcusparseLt.so.0"),
    wheel("nvidia-nccl-cu11", "2.21.5", "", "libnccl.so.2"),
    wheel("nvidia-nccl-cu12", "2.32.3", "", "libnccl.so.2"),
    wheel("nvidia-nccl-cu13", "2.32.3", "", "libnccl.so.2"),
    wheel("nvidia-npp", "13.2.0.93",
        "",
        "libnppc.so.13 libnppial.so.13 libnppicc.so.13 libnppidei.so.13 libnppif.so.13 \
         libnppig.so.13 libnppim.so.13 libnppist.so.13 libnppisu.so.13 libnppitc.so.13 \
         libnpps.so.13"),
    wheel("nvidia-npp-cu11", "11.8.0.86",
        "",
        "libnppc.so.11 libnppial.so.11 libnppicc.so.11 libnppidei.so.11 libnppif.so.11 \
         libnppig.so.11 libnppim.so.11 libnppist.so.11 libnppisu.so.11 libnppitc.so.11 \
         libnpps.so.11"),
    wheel("nvidia-npp-cu12", "12.4.1.87",
        "",
        "libnppc.so.12 libnppial.so.12 libnppicc.so.12 libnppidei.so.12 libnppif.so.12 \
         libnppig.so.12 libnppim.so.12 libnppist.so.12 libnppisu.so.12 libnppitc.so.12 \
         libnpps.so.12"),
    wheel("nvidia-nvjitlink", "13.5.37", "", "libnvJitLink.so.13"),
    wheel("nvidia-nvjitlink-cu12", "12.9.86", "", "libnvJitLink.so.12"),
    wheel("nvidia-nvjpeg", "13.3.2.43", "", "libnvjpeg.so.13"),
    wheel("nvidia-nvjpeg-cu11", "11.9.0.86", "", "libnvjpeg.so.11"),
    wheel("nvidia-nvjpeg-cu12", "12.4.0.76", "", "libnvjpeg.so.12"),
    wheel("nvidia-nvshmem-cu12", "3.8.0", "", "libnvshmem_host.so.3"),
    wheel("nvidia-nvshmem-cu13", "3.8.0", "", "libnvshmem_host.so.3"),
    wheel("nvidia-nvtx", "13.5.25", "", "libnvtx3interop.so.1"),
    wheel("nvidia-nvtx-cu11", "11.8.86", "", "libnvToolsExt.so.1"),
    wheel("nvidia-nvtx-cu12", "12.9.79", "", "libnvtx3interop.so.1"),
    wheel("nvidia-nvvm", "13.5.37", "", "libnvvm.so.4"),
    wheel("torch", "2.9.1 and 2.15.0",
        "nvidia-cublas-cu12 nvidia-cuda-cupti-cu12 nvidia-cuda-nvrtc-cu12 \
         nvidia-cuda-runtime-cu12 nvidia-cudnn-cu12 nvidia-cufft-cu12 nvidia-cufile-cu12 \
         nvidia-curand-cu12 nvidia-cusolver-cu12 nvidia-cusparse-cu12 nvidia-cusparselt-cu12 \
         nvidia-nccl-cu12 nvidia-nvjitlink-cu12 nvidia-nvshmem-cu12 nvidia-nvtx-cu12 \
         nvidia-cublas nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 \
         nvidia-cufft nvidia-cufile nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 \
         nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx",
        "libc10.so libc10_cuda.so libcaffe2_nvrtc.so libshm.so libtorch.so libtorch_cpu.so \
         libtorch_cuda.so libtorch_cuda_linalg.so libtorch_global_deps.so libtorch_nvshmem.so \
         libtorch_python.so"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_closed() {
        assert!(WHEELS.is_sorted_by(|one, next| one.name < next.name));
        for wheel in WHEELS {
            for required in wheel.requires.split_ascii_whitespace() {
                let name = required.rsplit(']').next().unwrap();
                assert!(find(name).is_some(), "{}: {required}", wheel.name);
            }
            assert!(wheel.libraries().all(|name| name.contains(".so")), "{}", wheel.name);
        }
    }
}
