/**
 * What an ONNX file holds, as plain data, and its bytes. Names and numbers of fields are those of `onnx.proto3`
 * (https://github.com/onnx/onnx, onnx/onnx.proto3), version 8 of the format with the operators of set 17.
 */
import type { ScalarType } from "../ir/types.ts";
import { Message } from "./protobuf.ts";

const formatVersion = 8;
const operatorSet = 17;

export type ElementType = "float" | "int32" | "int64" | "bool";

/** `TensorProto.DataType` */
export const elementTypes: Readonly<Record<ElementType, number>> = { float: 1, int32: 6, int64: 7, bool: 9 };

/** What a value is inside the graph: all its integers have 64 bits, as subscripts in ONNX do. */
export const elementTypeOf: Readonly<Record<ScalarType, ElementType>> = {
  f32: "float",
  i32: "int64",
  bool: "bool",
};

export type Attribute = number | readonly number[] | string;

export interface Node {
  readonly operator: string;
  readonly inputs: string[];
  output: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  doc?: string;
}

export interface Initializer {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly doc?: string | undefined;
}

/** An input or output of the graph; an extent is a number, or the name of a dimension. */
export interface Port {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly (number | string)[];
  readonly doc?: string | undefined;
}

export interface OnnxModel {
  readonly name: string;
  readonly doc?: string | undefined;
  /** Of the compiler. */
  readonly version: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

/** The bytes of a `ModelProto`. */
export function encodeModel(model: OnnxModel): Uint8Array {
  return documented(
    new Message().integer(1, formatVersion).text(2, "nnc").text(3, model.version),
    6,
    model.doc,
  )
    .message(7, encodeGraph(model))
    .message(8, new Message().text(1, "").integer(2, operatorSet))
    .finish();
}

/** `GraphProto` */
function encodeGraph(model: OnnxModel): Message {
  return new Message()
    .messages(1, model.nodes, encodeNode)
    .text(2, model.name)
    .messages(5, model.initializers, encodeInitializer)
    .messages(11, model.inputs, encodePort)
    .messages(12, model.outputs, encodePort);
}

/** `NodeProto`; a node is called as what it computes. */
function encodeNode(node: Node): Message {
  const message = new Message();
  for (const input of node.inputs) message.text(1, input);
  message.text(2, node.output).text(3, node.output).text(4, node.operator);
  message.messages(5, Object.entries(node.attributes), encodeAttribute);
  return documented(message, 6, node.doc);
}

/** `AttributeProto`, with `AttributeProto.AttributeType`: INT = 2, STRING = 3, INTS = 7. */
function encodeAttribute([name, value]: readonly [string, Attribute]): Message {
  const message = new Message().text(1, name);
  if (typeof value === "number") return message.integer(3, value).integer(20, 2);
  if (typeof value === "string") return message.text(4, value).integer(20, 3);
  for (const each of value) message.integer(8, each);
  return message.integer(20, 7);
}

/** `TensorProto` */
function encodeInitializer({ name, type, shape, values, doc }: Initializer): Message {
  const message = new Message();
  for (const extent of shape) message.integer(1, extent);
  message.integer(2, elementTypes[type]).text(8, name).bytes(9, rawBytes(type, values));
  return documented(message, 12, doc);
}

/** Little-endian, and a byte a truth value. */
function rawBytes(type: ElementType, values: ArrayLike<number>): Uint8Array {
  const width = { float: 4, int32: 4, int64: 8, bool: 1 }[type];
  const view = new DataView(new ArrayBuffer(values.length * width));
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (type === "float") view.setFloat32(4 * i, value, true);
    else if (type === "int32") view.setInt32(4 * i, value, true);
    else if (type === "int64") view.setBigInt64(8 * i, BigInt(value), true);
    else view.setUint8(i, value);
  }
  return new Uint8Array(view.buffer);
}

/** `ValueInfoProto`, with `TypeProto.tensor_type` and `TensorShapeProto.Dimension`. */
function encodePort({ name, type, shape, doc }: Port): Message {
  const extents = new Message().messages(1, shape, (extent) =>
    typeof extent === "number" ? new Message().integer(1, extent) : new Message().text(2, extent),
  );
  const tensor = new Message().integer(1, elementTypes[type]).message(2, extents);
  return documented(new Message().text(1, name).message(2, new Message().message(1, tensor)), 3, doc);
}

function documented(message: Message, field: number, doc: string | undefined): Message {
  return doc === undefined ? message : message.text(field, doc);
}
