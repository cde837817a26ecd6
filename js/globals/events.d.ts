// Globals: events, what they are dispatched to, and signals that abort.

interface EventInit {
  bubbles?: boolean;
  cancelable?: boolean;
  composed?: boolean;
}
interface Event {
  readonly type: string;
  readonly target: EventTarget | null;
  /** @deprecated Another name of `target`. */
  readonly srcElement: EventTarget | null;
  readonly currentTarget: EventTarget | null;
  readonly eventPhase: number;
  readonly bubbles: boolean;
  readonly cancelable: boolean;
  readonly composed: boolean;
  readonly defaultPrevented: boolean;
  readonly isTrusted: boolean;
  readonly timeStamp: number;
  /** @deprecated Call `stopPropagation()`. */
  cancelBubble: boolean;
  /** @deprecated Ask for `defaultPrevented`. */
  returnValue: boolean;
  composedPath(): EventTarget[];
  preventDefault(): void;
  stopImmediatePropagation(): void;
  stopPropagation(): void;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
}
declare var Event: {
  prototype: Event;
  new (type: string, init?: EventInit): Event;
  readonly NONE: 0;
  readonly CAPTURING_PHASE: 1;
  readonly AT_TARGET: 2;
  readonly BUBBLING_PHASE: 3;
};

interface EventListener {
  (event: Event): void;
}
interface EventListenerObject {
  handleEvent(event: Event): void;
}
type EventListenerOrEventListenerObject = EventListener | EventListenerObject;
interface EventListenerOptions {
  capture?: boolean;
}
interface AddEventListenerOptions extends EventListenerOptions {
  once?: boolean;
  passive?: boolean;
  signal?: AbortSignal;
}
interface EventTarget {
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
  /** False where a listener has called `preventDefault()`. */
  dispatchEvent(event: Event): boolean;
}
declare var EventTarget: { prototype: EventTarget; new (): EventTarget };

/** An object whose events are known by name. */
interface TypedEventTarget<Events> extends EventTarget {
  addEventListener<Type extends keyof Events>(
    type: Type,
    listener: (this: this, event: Events[Type]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | AddEventListenerOptions): void;
  removeEventListener<Type extends keyof Events>(
    type: Type,
    listener: (this: this, event: Events[Type]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(type: string, listener: EventListenerOrEventListenerObject | null, options?: boolean | EventListenerOptions): void;
}

/** What an app is told of itself. `preventDefault()` keeps it alive. */
interface GlobalEventMap {
  error: ErrorEvent;
  unhandledrejection: PromiseRejectionEvent;
}
declare function addEventListener<Type extends keyof GlobalEventMap>(
  type: Type,
  listener: (event: GlobalEventMap[Type]) => unknown,
  options?: boolean | AddEventListenerOptions,
): void;
declare function addEventListener(
  type: string,
  listener: EventListenerOrEventListenerObject | null,
  options?: boolean | AddEventListenerOptions,
): void;
declare function removeEventListener<Type extends keyof GlobalEventMap>(
  type: Type,
  listener: (event: GlobalEventMap[Type]) => unknown,
  options?: boolean | EventListenerOptions,
): void;
declare function removeEventListener(
  type: string,
  listener: EventListenerOrEventListenerObject | null,
  options?: boolean | EventListenerOptions,
): void;
declare function dispatchEvent(event: Event): boolean;

interface CloseEventInit extends EventInit {
  code?: number;
  reason?: string;
  wasClean?: boolean;
}
interface CloseEvent extends Event {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}
declare var CloseEvent: { prototype: CloseEvent; new (type: string, init?: CloseEventInit): CloseEvent };

interface CustomEventInit<Detail = unknown> extends EventInit {
  detail?: Detail;
}
interface CustomEvent<Detail = any> extends Event {
  readonly detail: Detail;
}
declare var CustomEvent: { prototype: CustomEvent; new <Detail>(type: string, init?: CustomEventInit<Detail>): CustomEvent<Detail> };

interface ErrorEventInit extends EventInit {
  message?: string;
  filename?: string;
  lineno?: number;
  colno?: number;
  error?: any;
}
interface ErrorEvent extends Event {
  readonly message: string;
  readonly filename: string;
  readonly lineno: number;
  readonly colno: number;
  readonly error: any;
}
declare var ErrorEvent: { prototype: ErrorEvent; new (type: string, init?: ErrorEventInit): ErrorEvent };

interface ProgressEventInit extends EventInit {
  lengthComputable?: boolean;
  loaded?: number;
  total?: number;
}
interface ProgressEvent<Target extends EventTarget = EventTarget> extends Event {
  readonly target: Target | null;
  readonly lengthComputable: boolean;
  readonly loaded: number;
  readonly total: number;
}
declare var ProgressEvent: { prototype: ProgressEvent; new (type: string, init?: ProgressEventInit): ProgressEvent };

interface PromiseRejectionEventInit extends EventInit {
  promise: Promise<any>;
  reason?: any;
}
interface PromiseRejectionEvent extends Event {
  readonly promise: Promise<any>;
  readonly reason: any;
}
declare var PromiseRejectionEvent: {
  prototype: PromiseRejectionEvent;
  new (type: string, init: PromiseRejectionEventInit): PromiseRejectionEvent;
};

interface AbortSignal extends TypedEventTarget<{ abort: Event }> {
  readonly aborted: boolean;
  /** What it was aborted with; undefined before. */
  readonly reason: any;
  onabort: ((this: AbortSignal, event: Event) => unknown) | null;
  /** Throws the reason, if there is one. */
  throwIfAborted(): void;
}
declare var AbortSignal: NotConstructible<AbortSignal> & {
  /** One that is aborted. */
  abort(reason?: any): AbortSignal;
  /** One that is aborted as soon as one of these is. */
  any(signals: Iterable<AbortSignal>): AbortSignal;
  /** One that is aborted after so many milliseconds, with a `TimeoutError`. */
  timeout(milliseconds: number): AbortSignal;
};
interface AbortController {
  readonly signal: AbortSignal;
  abort(reason?: any): void;
}
declare var AbortController: { prototype: AbortController; new (): AbortController };
