#ifndef EMOJIFY_CHDF5_H
#define EMOJIFY_CHDF5_H
#endif
