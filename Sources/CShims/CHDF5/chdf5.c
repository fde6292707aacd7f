// Files, their links and groups, and what libhdf5 says of its errors.
#include "parts.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// MARK: reasons

static void one_line(char *text) {
  for (; *text; text++)
    if ((unsigned char)*text < 0x20) *text = ' ';
}

chdf5_status hdf5_say(chdf5_status status, chdf5_reason *reason, const char *what) {
  if (reason) snprintf(reason->text, sizeof reason->text, "%s", what);
  return status;
}

static herr_t innermost(unsigned depth, const H5E_error2_t *error, void *context) {
  if (depth == 0 && error->desc) {
    chdf5_reason *reason = context;
    // A failed system call is described with times, names and addresses around what it said itself.
    static const char mark[] = "error message = '";
    const char *said = strstr(error->desc, mark);
    const char *start = said ? said + strlen(mark) : error->desc;
    size_t length = said ? strcspn(start, "'") : strlen(start);
    snprintf(reason->text, sizeof reason->text, "%.*s", (int)length, start);
    one_line(reason->text);
  }
  return 0;
}

chdf5_status hdf5_stack(chdf5_status status, chdf5_reason *reason, const char *otherwise) {
  if (!reason) return status;
  reason->text[0] = 0;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, reason);
  if (!reason->text[0]) hdf5_say(status, reason, otherwise);
  return status;
}

chdf5_status local_begin(chdf5_reason *reason) {
  static bool prepared = false;
  if (!prepared) {
    // At exit libhdf5 flushes once more what a full disk refused, and crashes.
    H5dont_atexit();
    if (H5open() < 0) return hdf5_say(chdf5_failed, reason, "libhdf5 does not start");
    H5Lunregister(H5L_TYPE_EXTERNAL);
    H5PLset_loading_state(0);
    prepared = true;
  }
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5Eclear2(H5E_DEFAULT);
  return chdf5_ok;
}

// MARK: files

static hid_t access_without_locks(void) {
  hid_t plist = H5Pcreate(H5P_FILE_ACCESS);
  // Locks fail on network and read-only file systems, and every write here goes to a file of its own.
  if (plist >= 0) H5Pset_file_locking(plist, 0, 1);
  if (plist >= 0) H5Pset_fclose_degree(plist, H5F_CLOSE_STRONG);
  return plist;
}

chdf5_status local_open(const char *path, chdf5_file *file, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  htri_t is_hdf5 = H5Fis_hdf5(path);
  if (is_hdf5 < 0) return hdf5_stack(chdf5_failed, reason, "cannot be opened");
  if (is_hdf5 == 0) return hdf5_say(chdf5_foreign, reason, "has no HDF5 signature");
  hid_t plist = access_without_locks();
  *file = H5Fopen(path, H5F_ACC_RDONLY, plist);
  chdf5_status status = *file < 0 ? hdf5_stack(chdf5_bad_data, reason, "cannot be opened") : chdf5_ok;
  if (plist >= 0) H5Pclose(plist);
  return status;
}

chdf5_status chdf5_create(const char *path, chdf5_file *file, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  hid_t plist = access_without_locks();
  *file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, plist);
  chdf5_status status = *file < 0 ? hdf5_stack(chdf5_failed, reason, "cannot be created") : chdf5_ok;
  if (plist >= 0) H5Pclose(plist);
  return status;
}

chdf5_status local_close(chdf5_file file, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  return H5Fclose(file) < 0 ? hdf5_stack(chdf5_failed, reason, "cannot be closed") : chdf5_ok;
}

// MARK: links and groups

static bool is_root(const char *path) {
  while (*path == '/' || *path == '.') path++;
  return *path == 0;
}

bool hdf5_link_exists(hid_t file, const char *path) {
  if (is_root(path)) return true;
  char *part = strdup(path);
  if (!part) return false;
  bool found = true;
  for (char *end = part; found && *end;) {
    while (*end == '/') end++;
    if (!*end) break;
    while (*end && *end != '/') end++;
    char kept = *end;
    *end = 0;
    found = H5Lexists(file, part, H5P_DEFAULT) > 0 &&
            H5Oexists_by_name(file, part, H5P_DEFAULT) > 0;
    *end = kept;
  }
  free(part);
  return found;
}

chdf5_kind hdf5_kind_of(hid_t place, const char *name) {
  H5O_info_t info;
  if (H5Oget_info_by_name(place, name, &info, H5P_DEFAULT) < 0)
    return chdf5_other_kind;
  if (info.type == H5O_TYPE_GROUP) return chdf5_group;
  return info.type == H5O_TYPE_DATASET ? chdf5_dataset : chdf5_other_kind;
}

struct link_visit {
  chdf5_link_visitor visit;
  void *context;
};

static herr_t visit_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)info;
  struct link_visit *call = context;
  call->visit(name, hdf5_kind_of(group, name), call->context);
  return 0;
}

chdf5_status local_links(chdf5_file file, const char *group, chdf5_link_visitor visit,
                         void *context, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  if (!hdf5_link_exists(file, group)) return hdf5_say(chdf5_absent, reason, "no such group");
  if (hdf5_kind_of(file, group) != chdf5_group) return hdf5_say(chdf5_bad_data, reason, "is no group");
  hid_t opened = H5Gopen2(file, group, H5P_DEFAULT);
  if (opened < 0) return hdf5_stack(chdf5_bad_data, reason, "the group cannot be opened");
  unsigned order = 0;
  hid_t plist = H5Gget_create_plist(opened);
  if (plist >= 0) {
    H5Pget_link_creation_order(plist, &order);
    H5Pclose(plist);
  }
  H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  struct link_visit call = {visit, context};
  herr_t result = H5Literate(opened, index, H5_ITER_INC, NULL, visit_link, &call);
  chdf5_status status = result < 0 ? hdf5_stack(chdf5_bad_data, reason, "the group cannot be listed")
                                   : chdf5_ok;
  H5Gclose(opened);
  return status;
}

chdf5_status local_find(chdf5_file file, const char *path, chdf5_kind *kind,
                        chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  if (!hdf5_link_exists(file, path)) return hdf5_say(chdf5_absent, reason, "no such object");
  *kind = hdf5_kind_of(file, path);
  return chdf5_ok;
}

hid_t hdf5_make_intermediate(void) {
  hid_t plist = H5Pcreate(H5P_LINK_CREATE);
  if (plist >= 0) H5Pset_create_intermediate_group(plist, 1);
  return plist;
}

chdf5_status chdf5_make_group(chdf5_file file, const char *path, chdf5_reason *reason) {
  if (local_begin(reason)) return chdf5_failed;
  if (hdf5_link_exists(file, path))
    return hdf5_kind_of(file, path) == chdf5_group ? chdf5_ok
                                              : hdf5_say(chdf5_failed, reason, "is no group");
  hid_t links = hdf5_make_intermediate();
  hid_t group = H5Gcreate2(file, path, links, H5P_DEFAULT, H5P_DEFAULT);
  chdf5_status status =
      group < 0 ? hdf5_stack(chdf5_failed, reason, "the group cannot be made") : chdf5_ok;
  if (links >= 0) H5Pclose(links);
  if (group >= 0) H5Gclose(group);
  return status;
}

void chdf5_version(uint32_t *major, uint32_t *minor, uint32_t *release) {
  unsigned numbers[3] = {0, 0, 0};
  H5get_libversion(&numbers[0], &numbers[1], &numbers[2]);
  *major = numbers[0];
  *minor = numbers[1];
  *release = numbers[2];
}
