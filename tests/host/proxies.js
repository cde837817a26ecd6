// A proxy that can be revoked is one like any other until it is, and then nothing.
const asked = [];
const handler = {
  mark: 1,
  get(target, key, receiver) {
    asked.push(this === handler && receiver === made.proxy && target === object);
    return key === "own" ? this.mark : Reflect.get(target, key, receiver);
  },
  has: undefined,
};
const object = { a: 2 };
const made = Proxy.revocable(object, handler);
console.log(made.proxy.own, made.proxy.a, "a" in made.proxy, "b" in made.proxy, Object.keys(made.proxy).join(), asked.join());
handler.has = () => true;
console.log("b" in made.proxy, Object.keys(made).join(), made.revoke.length);
handler.has = 5;
try { "b" in made.proxy; } catch (error) { console.log(error.name); }
// What a proxy must not say is still refused.
const fixed = Proxy.revocable(Object.freeze({ a: 1 }), { get: () => 2 });
try { fixed.proxy.a; } catch (error) { console.log(error.name); }

const callable = Proxy.revocable(function (a, b) { return new.target === undefined ? a + b : { sum: a + b }; }, {});
console.log(typeof callable.proxy, callable.proxy(1, 2), new callable.proxy(3, 4).sum);

made.revoke();
made.revoke();
callable.revoke();
const { proxy } = made;
const uses = [
  () => proxy.a, () => { proxy.a = 1; }, () => "a" in proxy, () => delete proxy.a, () => Reflect.ownKeys(proxy), () => Object.getPrototypeOf(proxy),
  () => Object.setPrototypeOf(proxy, null), () => Object.isExtensible(proxy), () => Object.preventExtensions(proxy),
  () => Object.getOwnPropertyDescriptor(proxy, "a"), () => Object.defineProperty(proxy, "a", { value: 1 }), () => JSON.stringify(proxy),
  () => String(proxy), () => Object.prototype.toString.call(proxy), () => callable.proxy(), () => new callable.proxy(), () => Proxy.revocable(1, {}),
  () => Proxy.revocable({}, null), () => new Proxy.revocable({}, {}),
];
const ends = uses.map((use) => { try { return use(); } catch (error) { return error.name; } });
console.log(new Set(ends).size, ends[0], typeof proxy, typeof callable.proxy, object.a);
console.log(Proxy.revocable.name, Proxy.revocable.length, Object.getOwnPropertyDescriptor(Proxy, "revocable").enumerable);
