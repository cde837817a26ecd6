// Globals: streams.

interface QueuingStrategy<Chunk = any> {
  highWaterMark?: number;
  size?: (chunk: Chunk) => number;
}
interface QueuingStrategyInit {
  highWaterMark: number;
}
interface ByteLengthQueuingStrategy extends QueuingStrategy<ArrayBufferView> {
  readonly highWaterMark: number;
  readonly size: (chunk: ArrayBufferView) => number;
}
declare var ByteLengthQueuingStrategy: {
  prototype: ByteLengthQueuingStrategy;
  new (init: QueuingStrategyInit): ByteLengthQueuingStrategy;
};
interface CountQueuingStrategy extends QueuingStrategy {
  readonly highWaterMark: number;
  readonly size: () => number;
}
declare var CountQueuingStrategy: { prototype: CountQueuingStrategy; new (init: QueuingStrategyInit): CountQueuingStrategy };

type ReadableStreamReadResult<Chunk> = { done: false; value: Chunk } | { done: true; value: Chunk | undefined };
type ReadableStreamController<Chunk> = ReadableStreamDefaultController<Chunk> | ReadableByteStreamController;
type ReadableStreamReader<Chunk> = ReadableStreamDefaultReader<Chunk> | ReadableStreamBYOBReader;
interface UnderlyingDefaultSource<Chunk = any> {
  type?: undefined;
  start?: (controller: ReadableStreamDefaultController<Chunk>) => any;
  pull?: (controller: ReadableStreamDefaultController<Chunk>) => void | PromiseLike<void>;
  cancel?: (reason?: any) => void | PromiseLike<void>;
}
interface UnderlyingByteSource {
  type: "bytes";
  /** Readers that bring no buffer get one of so many bytes. */
  autoAllocateChunkSize?: number;
  start?: (controller: ReadableByteStreamController) => any;
  pull?: (controller: ReadableByteStreamController) => void | PromiseLike<void>;
  cancel?: (reason?: any) => void | PromiseLike<void>;
}
interface StreamPipeOptions {
  preventAbort?: boolean;
  preventCancel?: boolean;
  preventClose?: boolean;
  signal?: AbortSignal;
}
interface ReadableStreamIteratorOptions {
  /** Leaving the loop does not cancel the stream. */
  preventCancel?: boolean;
}
interface ReadableStreamGetReaderOptions {
  mode?: "byob";
}
interface ReadableWritablePair<Readable = any, Writable = any> {
  readable: ReadableStream<Readable>;
  writable: WritableStream<Writable>;
}
interface ReadableStream<Chunk = any> {
  readonly locked: boolean;
  cancel(reason?: any): Promise<void>;
  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(): ReadableStreamDefaultReader<Chunk>;
  getReader(options?: ReadableStreamGetReaderOptions): ReadableStreamReader<Chunk>;
  pipeThrough<Out>(transform: ReadableWritablePair<Out, Chunk>, options?: StreamPipeOptions): ReadableStream<Out>;
  pipeTo(destination: WritableStream<Chunk>, options?: StreamPipeOptions): Promise<void>;
  tee(): [ReadableStream<Chunk>, ReadableStream<Chunk>];
  values(options?: ReadableStreamIteratorOptions): AsyncIterableIterator<Chunk>;
  [Symbol.asyncIterator](options?: ReadableStreamIteratorOptions): AsyncIterableIterator<Chunk>;
}
declare var ReadableStream: {
  prototype: ReadableStream;
  new (source: UnderlyingByteSource, strategy?: { highWaterMark?: number }): ReadableStream<Uint8Array<ArrayBuffer>>;
  new <Chunk = any>(source?: UnderlyingDefaultSource<Chunk>, strategy?: QueuingStrategy<Chunk>): ReadableStream<Chunk>;
  from<Chunk>(iterable: Iterable<Chunk | PromiseLike<Chunk>> | AsyncIterable<Chunk>): ReadableStream<Chunk>;
};

interface ReadableStreamGenericReader {
  readonly closed: Promise<void>;
  cancel(reason?: any): Promise<void>;
  releaseLock(): void;
}
interface ReadableStreamDefaultReader<Chunk = any> extends ReadableStreamGenericReader {
  read(): Promise<ReadableStreamReadResult<Chunk>>;
}
declare var ReadableStreamDefaultReader: {
  prototype: ReadableStreamDefaultReader;
  new <Chunk = any>(stream: ReadableStream<Chunk>): ReadableStreamDefaultReader<Chunk>;
};
interface ReadableStreamBYOBReader extends ReadableStreamGenericReader {
  /** Reads into this view, whose buffer is taken: the view of the result has it. */
  read<View extends ArrayBufferView<ArrayBuffer>>(view: View, options?: { min?: number }): Promise<ReadableStreamReadResult<View>>;
}
declare var ReadableStreamBYOBReader: {
  prototype: ReadableStreamBYOBReader;
  new (stream: ReadableStream<Uint8Array>): ReadableStreamBYOBReader;
};
interface ReadableStreamBYOBRequest {
  readonly view: ArrayBufferView<ArrayBuffer> | null;
  respond(bytesWritten: number): void;
  respondWithNewView(view: ArrayBufferView<ArrayBuffer>): void;
}
declare var ReadableStreamBYOBRequest: NotConstructible<ReadableStreamBYOBRequest>;
interface ReadableStreamDefaultController<Chunk = any> {
  readonly desiredSize: number | null;
  close(): void;
  enqueue(chunk?: Chunk): void;
  error(reason?: any): void;
}
declare var ReadableStreamDefaultController: NotConstructible<ReadableStreamDefaultController>;
interface ReadableByteStreamController {
  readonly byobRequest: ReadableStreamBYOBRequest | null;
  readonly desiredSize: number | null;
  close(): void;
  enqueue(chunk: ArrayBufferView<ArrayBuffer>): void;
  error(reason?: any): void;
}
declare var ReadableByteStreamController: NotConstructible<ReadableByteStreamController>;

interface UnderlyingSink<Chunk = any> {
  type?: undefined;
  start?: (controller: WritableStreamDefaultController) => any;
  write?: (chunk: Chunk, controller: WritableStreamDefaultController) => void | PromiseLike<void>;
  close?: () => void | PromiseLike<void>;
  abort?: (reason?: any) => void | PromiseLike<void>;
}
interface WritableStream<Chunk = any> {
  readonly locked: boolean;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  getWriter(): WritableStreamDefaultWriter<Chunk>;
}
declare var WritableStream: {
  prototype: WritableStream;
  new <Chunk = any>(sink?: UnderlyingSink<Chunk>, strategy?: QueuingStrategy<Chunk>): WritableStream<Chunk>;
};
interface WritableStreamDefaultWriter<Chunk = any> {
  readonly closed: Promise<void>;
  readonly desiredSize: number | null;
  /** Resolves once more is wanted. */
  readonly ready: Promise<void>;
  abort(reason?: any): Promise<void>;
  close(): Promise<void>;
  releaseLock(): void;
  write(chunk?: Chunk): Promise<void>;
}
declare var WritableStreamDefaultWriter: {
  prototype: WritableStreamDefaultWriter;
  new <Chunk = any>(stream: WritableStream<Chunk>): WritableStreamDefaultWriter<Chunk>;
};
interface WritableStreamDefaultController {
  /** Aborts when the stream is. */
  readonly signal: AbortSignal;
  error(reason?: any): void;
}
declare var WritableStreamDefaultController: NotConstructible<WritableStreamDefaultController>;

interface Transformer<In = any, Out = any> {
  readableType?: undefined;
  writableType?: undefined;
  start?: (controller: TransformStreamDefaultController<Out>) => any;
  transform?: (chunk: In, controller: TransformStreamDefaultController<Out>) => void | PromiseLike<void>;
  flush?: (controller: TransformStreamDefaultController<Out>) => void | PromiseLike<void>;
  cancel?: (reason: any) => void | PromiseLike<void>;
}
interface TransformStream<In = any, Out = any> {
  readonly readable: ReadableStream<Out>;
  readonly writable: WritableStream<In>;
}
declare var TransformStream: {
  prototype: TransformStream;
  new <In = any, Out = any>(
    transformer?: Transformer<In, Out>,
    writableStrategy?: QueuingStrategy<In>,
    readableStrategy?: QueuingStrategy<Out>,
  ): TransformStream<In, Out>;
};
interface TransformStreamDefaultController<Out = any> {
  readonly desiredSize: number | null;
  enqueue(chunk?: Out): void;
  error(reason?: any): void;
  terminate(): void;
}
declare var TransformStreamDefaultController: NotConstructible<TransformStreamDefaultController>;
