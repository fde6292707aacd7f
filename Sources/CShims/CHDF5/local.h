// What chdf5.h declares, done by libhdf5 in this process. contained.c decides in which process that is.
#ifndef EMOJIFY_CHDF5_LOCAL_H
#define EMOJIFY_CHDF5_LOCAL_H

#include "chdf5.h"

// Notes why, and gives the status back.
chdf5_status hdf5_say(chdf5_status status, chdf5_reason *reason, const char *what);

// Starts libhdf5 where it has not been started, so that children need not.
chdf5_status local_begin(chdf5_reason *reason);
chdf5_status local_open(const char *path, chdf5_file *file, chdf5_reason *reason);
chdf5_status local_close(chdf5_file file, chdf5_reason *reason);
chdf5_status local_links(chdf5_file file, const char *group, chdf5_link_visitor visit,
                         void *context, chdf5_reason *reason);
chdf5_status local_find(chdf5_file file, const char *path, chdf5_kind *kind, chdf5_reason *reason);
chdf5_status local_dataset_extent(chdf5_file file, const char *path, chdf5_extent *extent,
                                  chdf5_reason *reason);
chdf5_status local_dataset_read(chdf5_file file, const char *path, chdf5_type type, void *out,
                                uint64_t count, chdf5_reason *reason);
chdf5_status local_attribute_extent(chdf5_file file, const char *object, const char *name,
                                    chdf5_extent *extent, chdf5_reason *reason);
chdf5_status local_attribute_strings(chdf5_file file, const char *object, const char *name,
                                     chdf5_string_visitor visit, void *context,
                                     chdf5_reason *reason);
chdf5_status local_attribute_read(chdf5_file file, const char *object, const char *name,
                                  chdf5_type type, void *out, uint64_t count,
                                  chdf5_reason *reason);

#endif
