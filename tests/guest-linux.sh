# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# A real Linux boots, writes, reads back, compares, runs nvme-cli, resets the
# controller and powers off, with one and with two CPUs, without and with an
# IOMMU; the disk and the capture are checked from outside, one capture of each kernel with
# every version of tshark.
# The kernel is in the test's own name: guest-linux-6.12.test.

# shellcheck source=tests/guest.sh
. "${srcdir:-.}/tests/guest.sh"
kernel=${name#guest-}
kernel=${kernel%.test}

for nr_cpus in 1 2; do
	for with_iommu in off on; do
		boot_linux "$kernel" $nr_cpus $with_iommu ""
		capture_is_right
		console_is_there
		[ $nr_cpus$with_iommu != 2off ] || same_in_versions
	done
done
