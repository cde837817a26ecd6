export type Named = { name: string };
export function greet<T extends Named>(who: T): string {
  return `hello ${who.name as string}`;
}
export default class Box<T> {
  constructor(readonly_: T) { this.value = readonly_; }
  declare value: T;
  get<U = T>(): U | T { return this.value!; }
}
