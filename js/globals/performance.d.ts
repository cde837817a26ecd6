// Globals: the clock that never goes back, marks and measures. All times are milliseconds since `performance.timeOrigin`.

interface PerformanceEntry {
  readonly name: string;
  readonly entryType: string;
  readonly startTime: number;
  readonly duration: number;
  toJSON(): any;
}
declare var PerformanceEntry: NotConstructible<PerformanceEntry>;
type PerformanceEntryList = PerformanceEntry[];
interface PerformanceMarkOptions {
  detail?: any;
  startTime?: number;
}
interface PerformanceMark extends PerformanceEntry {
  readonly detail: any;
}
declare var PerformanceMark: { prototype: PerformanceMark; new (name: string, options?: PerformanceMarkOptions): PerformanceMark };
interface PerformanceMeasureOptions {
  detail?: any;
  duration?: number;
  /** A time, or the name of a mark. */
  start?: number | string;
  end?: number | string;
}
interface PerformanceMeasure extends PerformanceEntry {
  readonly detail: any;
}
declare var PerformanceMeasure: NotConstructible<PerformanceMeasure>;

interface Performance extends EventTarget {
  /** When the app began, in milliseconds since 1970. */
  readonly timeOrigin: number;
  now(): number;
  mark(name: string, options?: PerformanceMarkOptions): PerformanceMark;
  measure(name: string, startOrOptions?: string | PerformanceMeasureOptions, endMark?: string): PerformanceMeasure;
  clearMarks(name?: string): void;
  clearMeasures(name?: string): void;
  clearResourceTimings(): void;
  setResourceTimingBufferSize(entries: number): void;
  getEntries(): PerformanceEntryList;
  getEntriesByName(name: string, type?: string): PerformanceEntryList;
  getEntriesByType(type: string): PerformanceEntryList;
  toJSON(): any;
}
declare var Performance: NotConstructible<Performance>;
declare var performance: Performance;

interface PerformanceObserverEntryList {
  getEntries(): PerformanceEntryList;
  getEntriesByName(name: string, type?: string): PerformanceEntryList;
  getEntriesByType(type: string): PerformanceEntryList;
}
declare var PerformanceObserverEntryList: NotConstructible<PerformanceObserverEntryList>;
interface PerformanceObserverInit {
  buffered?: boolean;
  entryTypes?: string[];
  type?: string;
}
interface PerformanceObserver {
  observe(options?: PerformanceObserverInit): void;
  disconnect(): void;
  takeRecords(): PerformanceEntryList;
}
declare var PerformanceObserver: {
  prototype: PerformanceObserver;
  new (callback: (entries: PerformanceObserverEntryList, observer: PerformanceObserver) => void): PerformanceObserver;
  readonly supportedEntryTypes: readonly string[];
};
