// Globals: bytes with a type, and those with a name besides. Files on disk are of `runtime:app`.

type BlobPart = BufferSource | Blob | string;
interface BlobPropertyBag {
  type?: string;
  endings?: "native" | "transparent";
}
interface Blob {
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  slice(start?: number, end?: number, contentType?: string): Blob;
  stream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
  textStream(): ReadableStream<string>;
}
declare var Blob: { prototype: Blob; new (parts?: Iterable<BlobPart>, options?: BlobPropertyBag): Blob };

interface FilePropertyBag extends BlobPropertyBag {
  lastModified?: number;
}
interface File extends Blob {
  readonly name: string;
  /** In milliseconds since 1970. */
  readonly lastModified: number;
}
declare var File: { prototype: File; new (parts: Iterable<BlobPart>, name: string, options?: FilePropertyBag): File };

type FileReaderHandler = ((this: FileReader, event: ProgressEvent<FileReader>) => unknown) | null;
interface FileReader
  extends TypedEventTarget<Record<"abort" | "error" | "load" | "loadend" | "loadstart" | "progress", ProgressEvent<FileReader>>> {
  readonly error: DOMException | null;
  readonly readyState: 0 | 1 | 2;
  readonly result: string | ArrayBuffer | null;
  onabort: FileReaderHandler;
  onerror: FileReaderHandler;
  onload: FileReaderHandler;
  onloadend: FileReaderHandler;
  onloadstart: FileReaderHandler;
  onprogress: FileReaderHandler;
  abort(): void;
  readAsArrayBuffer(blob: Blob): void;
  /** @deprecated Use `readAsArrayBuffer`. */
  readAsBinaryString(blob: Blob): void;
  readAsDataURL(blob: Blob): void;
  readAsText(blob: Blob, encoding?: string): void;
  readonly EMPTY: 0;
  readonly LOADING: 1;
  readonly DONE: 2;
}
declare var FileReader: {
  prototype: FileReader;
  new (): FileReader;
  readonly EMPTY: 0;
  readonly LOADING: 1;
  readonly DONE: 2;
};
