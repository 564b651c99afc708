# What the guest's kernel has besides Debian's source, applied to drivers/gpu/drm/vkms/vkms_drv.c.
# The name of the cached kernel holds a hash of this file, too.
#
# Synchronisation objects with timelines are all of DRM's core: a driver says that it has them. Drivers of
# GPUs do, and vkms, which has nothing to be waited for, does not.
s/\(\.driver_features[[:space:]]*= DRIVER_MODESET | DRIVER_ATOMIC | DRIVER_GEM\),/\1 |\n\t\t\t\t  DRIVER_SYNCOBJ | DRIVER_SYNCOBJ_TIMELINE,/
