"""The parts of a release: the binary, the wheel, archives, licences, the SBOM. `scripts/dist` and `scripts/release` use them."""
