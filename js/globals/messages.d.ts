// Globals: messages, and the two ends of a channel.

interface MessageEventInit<Data = any> extends EventInit {
  data?: Data;
  origin?: string;
  lastEventId?: string;
  source?: MessagePort | null;
  ports?: MessagePort[];
}
interface MessageEvent<Data = any> extends Event {
  readonly data: Data;
  readonly origin: string;
  readonly lastEventId: string;
  readonly source: MessagePort | null;
  readonly ports: readonly MessagePort[];
}
declare var MessageEvent: { prototype: MessageEvent; new <Data>(type: string, init?: MessageEventInit<Data>): MessageEvent<Data> };

interface MessagePort extends TypedEventTarget<{ message: MessageEvent; messageerror: MessageEvent }> {
  onmessage: ((this: MessagePort, event: MessageEvent) => unknown) | null;
  onmessageerror: ((this: MessagePort, event: MessageEvent) => unknown) | null;
  postMessage(message: any, transfer: Transferable[]): void;
  postMessage(message: any, options?: StructuredSerializeOptions): void;
  /** Begins to deliver messages; setting `onmessage` does so, too. */
  start(): void;
  close(): void;
  /** An open port that messages are awaited from keeps the app alive... */
  ref(): void;
  /** ...unless it is told not to. */
  unref(): void;
  hasRef(): boolean;
}
declare var MessagePort: NotConstructible<MessagePort>;
interface MessageChannel {
  readonly port1: MessagePort;
  readonly port2: MessagePort;
}
declare var MessageChannel: { prototype: MessageChannel; new (): MessageChannel };
