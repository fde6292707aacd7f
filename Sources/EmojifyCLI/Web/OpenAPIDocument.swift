/// The description of the API that `GET /openapi.json` gives; docs/openapi.json is the same text.
enum OpenAPIDocument {
  static let text = ##"""
    {
     "openapi": "3.0.3",
     "info": {
      "title": "emojify",
      "version": "0.1.0",
      "description": "Labels the faces of photos with emotions. `emojify serve` answers it.",
      "license": {"name": "MIT", "url": "https://opensource.org/license/mit"}
     },
     "servers": [{"url": "/"}],
     "paths": {
      "/": {
       "get": {
        "operationId": "page",
        "summary": "The page for browsers.",
        "responses": {
         "200": {"description": "HTML.", "content": {"text/html": {"schema": {"type": "string"}}}},
         "403": {"$ref": "#/components/responses/Forbidden"}
        }
       }
      },
      "/api/predict": {
       "post": {
        "operationId": "predict",
        "summary": "Every face of a photo with its emotion, as `emojify predict --json` says it, and how long each step took.",
        "security": [{}, {"bearer": []}, {"query": []}],
        "parameters": [
         {"$ref": "#/components/parameters/Model"},
         {"$ref": "#/components/parameters/MinFace"}
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Photo"},
        "responses": {
         "200": {
          "description": "A photo without a face has an empty list.",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}}
         },
         "400": {"$ref": "#/components/responses/Malformed"},
         "401": {"$ref": "#/components/responses/Unauthorized"},
         "403": {"$ref": "#/components/responses/Forbidden"},
         "413": {"$ref": "#/components/responses/TooLarge"},
         "415": {"$ref": "#/components/responses/UnsupportedType"},
         "422": {"$ref": "#/components/responses/Damaged"},
         "500": {"$ref": "#/components/responses/Failed"},
         "503": {"$ref": "#/components/responses/Busy"}
        }
       }
      },
      "/api/emojify": {
       "post": {
        "operationId": "emojify",
        "summary": "The photo with an emoji over each face, in the format it came in.",
        "security": [{}, {"bearer": []}, {"query": []}],
        "parameters": [
         {"$ref": "#/components/parameters/Model"},
         {"$ref": "#/components/parameters/MinFace"},
         {
          "name": "style",
          "in": "query",
          "schema": {"type": "string", "enum": ["emoji", "boxes"], "default": "emoji"}
         }
        ],
        "requestBody": {"$ref": "#/components/requestBodies/Photo"},
        "responses": {
         "200": {
          "description": "The picture.",
          "headers": {"X-Emojify-Faces": {"description": "How many faces it has.", "schema": {"type": "integer"}}},
          "content": {
           "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
           "image/png": {"schema": {"type": "string", "format": "binary"}}
          }
         },
         "400": {"$ref": "#/components/responses/Malformed"},
         "401": {"$ref": "#/components/responses/Unauthorized"},
         "403": {"$ref": "#/components/responses/Forbidden"},
         "413": {"$ref": "#/components/responses/TooLarge"},
         "415": {"$ref": "#/components/responses/UnsupportedType"},
         "422": {"$ref": "#/components/responses/Damaged"},
         "500": {"$ref": "#/components/responses/Failed"},
         "503": {"$ref": "#/components/responses/Busy"}
        }
       }
      },
      "/api/model": {
       "get": {
        "operationId": "model",
        "summary": "The networks to choose from.",
        "security": [{}, {"bearer": []}, {"query": []}],
        "responses": {
         "200": {
          "description": "Their names and what they tell apart.",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Models"}}}
         },
         "401": {"$ref": "#/components/responses/Unauthorized"},
         "403": {"$ref": "#/components/responses/Forbidden"}
        }
       }
      },
      "/stream": {
       "get": {
        "operationId": "stream",
        "summary": "The server's own camera or video (--source) with emoji, as Motion JPEG.",
        "security": [{}, {"bearer": []}, {"query": []}],
        "responses": {
         "200": {
          "description": "Pictures without an end.",
          "content": {"multipart/x-mixed-replace": {"schema": {"type": "string", "format": "binary"}}}
         },
         "401": {"$ref": "#/components/responses/Unauthorized"},
         "403": {"$ref": "#/components/responses/Forbidden"},
         "404": {
          "description": "The server has no --source.",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
         },
         "503": {
          "description": "Too many are watching.",
          "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
          "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
         }
        }
       }
      },
      "/healthz": {
       "get": {
        "operationId": "health",
        "summary": "Says ok while the server lives.",
        "responses": {
         "200": {"description": "ok", "content": {"text/plain": {"schema": {"type": "string"}}}},
         "403": {"$ref": "#/components/responses/Forbidden"}
        }
       }
      },
      "/metrics": {
       "get": {
        "operationId": "metrics",
        "summary": "Counters and latencies for Prometheus.",
        "security": [{}, {"bearer": []}, {"query": []}],
        "responses": {
         "200": {"description": "Text format 0.0.4.", "content": {"text/plain": {"schema": {"type": "string"}}}},
         "401": {"$ref": "#/components/responses/Unauthorized"},
         "403": {"$ref": "#/components/responses/Forbidden"}
        }
       }
      }
     },
     "components": {
      "securitySchemes": {
       "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The text of --token, where the server was given one."
       },
       "query": {
        "type": "apiKey",
        "in": "query",
        "name": "token",
        "description": "The same for what can send no header."
       }
      },
      "responses": {
       "Malformed": {
        "description": "No body, a malformed or cut multipart body, more than one part, or a parameter that is not valid.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
       },
       "Unauthorized": {
        "description": "The server was started with --token and the request does not bring it.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
       },
       "Forbidden": {
        "description": "The server is for its own machine alone and was asked under another name.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
       },
       "TooLarge": {
        "description": "The body is larger than --max-body allows, or the picture has more than 50 megapixels.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
       },
       "UnsupportedType": {
        "description": "Neither JPEG nor PNG.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
       },
       "Damaged": {
        "description": "Said to be a JPEG or PNG, and damaged.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
       },
       "Failed": {
        "description": "The server failed.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
       },
       "Busy": {
        "description": "The queue is full, or the bodies of all requests or of one address, or the answers that are not read yet, are over their limit.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        "headers": {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
       }
      },
      "parameters": {
       "Model": {
        "name": "model",
        "in": "query",
        "description": "A name from GET /api/model; without it the first one.",
        "schema": {"type": "string"}
       },
       "MinFace": {
        "name": "min_face",
        "in": "query",
        "description": "Pass over faces smaller than this many pixels; 0 finds all that can be found. Without it a picture of up to 640 pixels is taken as a camera's: faces under 15 % of its shorter side are passed over unless there is none larger, those under 7.5 % always, which makes it many times as fast.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 100000}
       }
      },
      "requestBodies": {
       "Photo": {
        "required": true,
        "content": {
         "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
         "image/png": {"schema": {"type": "string", "format": "binary"}},
         "multipart/form-data": {
          "schema": {
           "type": "object",
           "description": "Exactly one part, of any name.",
           "properties": {"image": {"type": "string", "format": "binary"}}
          }
         }
        }
       }
      },
      "schemas": {
       "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}},
       "Answer": {
        "type": "object",
        "required": ["image", "width", "height", "model", "faces", "timings"],
        "properties": {
         "image": {"type": "string", "description": "The file name of a multipart body, else `photo`."},
         "width": {"type": "integer"},
         "height": {"type": "integer"},
         "model": {"type": "string"},
         "faces": {"type": "array", "items": {"$ref": "#/components/schemas/Face"}},
         "timings": {"$ref": "#/components/schemas/Timings"}
        }
       },
       "Face": {
        "type": "object",
        "required": ["box", "emotion", "score", "emotions", "emoji"],
        "properties": {
         "box": {
          "type": "array",
          "description": "x, y, width and height in pixels of the photo, turned as its EXIF orientation says.",
          "items": {"type": "integer"},
          "minItems": 4,
          "maxItems": 4
         },
         "emotion": {"type": "string", "description": "angry, disgust, fear, happy, sad, surprise, neutral, contempt, or a class of the model's own."},
         "score": {"type": "number", "minimum": 0, "maximum": 1},
         "emotions": {
          "type": "object",
          "description": "The probability of each emotion.",
          "additionalProperties": {"type": "number"}
         },
         "emoji": {"type": "string", "nullable": true, "description": "Null for a class of the model's own."}
        }
       },
       "Timings": {
        "type": "object",
        "properties": {
         "queue_ms": {"type": "number", "description": "Until a thread took the photo."},
         "decode_ms": {"type": "number", "description": "Decoding."},
         "detect_ms": {"type": "number", "description": "Finding and cutting out faces."},
         "batch_ms": {"type": "number", "description": "Until the network took the faces."},
         "network_ms": {"type": "number", "description": "The network, for all faces of the batch."},
         "total_ms": {"type": "number", "description": "All of it."}
        }
       },
       "Models": {
        "type": "object",
        "required": ["models", "default", "stream"],
        "properties": {
         "default": {"type": "string"},
         "stream": {"type": "boolean", "description": "Whether GET /stream shows something."},
         "models": {
          "type": "array",
          "items": {
           "type": "object",
           "properties": {
            "name": {"type": "string"},
            "architecture": {"type": "string"},
            "parameters": {"type": "integer"},
            "input": {"type": "array", "items": {"type": "integer"}},
            "emotions": {
             "type": "array",
             "items": {"type": "string"}
            }
           }
          }
         }
        }
       }
      }
     }
    }

    """##
}
