#!/usr/bin/env python3
"""What people write to label one photo with Keras and OpenCV: peer_predict.py MODEL.h5 PHOTO CASCADE.xml."""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import cv2
import keras
import numpy as np

LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

model_file, photo_file, cascade_file = sys.argv[1:]
model = keras.models.load_model(model_file, compile=False)
gray = cv2.equalizeHist(cv2.imread(photo_file, cv2.IMREAD_GRAYSCALE))
for x, y, width, height in cv2.CascadeClassifier(cascade_file).detectMultiScale(gray, 1.1, 5):
    face = cv2.resize(gray[y:y + height, x:x + width], (48, 48), interpolation=cv2.INTER_AREA)
    answer = model(face[None, :, :, None].astype(np.float32), training=False).numpy()[0]
    print(x, y, width, height, LABELS[answer.argmax()], float(answer.max()))
