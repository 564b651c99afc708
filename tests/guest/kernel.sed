# What the guest's kernel has besides Debian's source, applied to each of the files that kernel.sh names.
# The name of the cached kernel holds a hash of this file, too.
#
# Synchronisation objects with timelines are all of DRM's core: a driver says that it has them. Drivers of
# GPUs do, and vkms, which has nothing to be waited for, does not.
s/\(\.driver_features[[:space:]]*= DRIVER_MODESET | DRIVER_ATOMIC | DRIVER_GEM\),/\1 |\n\t\t\t\t  DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,/

# vkms maps each framebuffer that is flipped to. Of what was unmapped the page tables are brought up to date all at
# once when that is 32 MB, with interrupts off, and in User Mode Linux by a system call of the host a page: 8,192 of them
# stop the machine for some 15 ms, its display's clock and all. After 1 MB that is less than 1 ms, or what one picture takes.
s/return log \* (32UL \* 1024 \* 1024 \/ PAGE_SIZE);/return log * (1024UL * 1024 \/ PAGE_SIZE);/
