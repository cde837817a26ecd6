// Proxy.revocable() on QuickJS, whose binding ends the process where the console comes upon a proxy that the engine has revoked.
// So the engine's own are never revoked; what revokes these is that their handler answers nothing any more.

(function () {
  const { primordials } = __bootstrap;
  const { Proxy, ReflectApply, TypeError } = primordials;

  function revocable(target, handler) {
    // Throws what it throws for arguments that make no proxy.
    new Proxy(target, handler);
    let current = handler;
    const guard = new Proxy({ __proto__: null }, {
      __proto__: null,
      get(_, name) {
        if (current === null) throw new TypeError("the proxy has been revoked");
        const own = current;
        const trap = own[name];
        return typeof trap === "function" ? (...args) => ReflectApply(trap, own, args) : trap;
      },
    });
    const revoke = () => {
      current = null;
    };
    return { proxy: new Proxy(target, guard), revoke };
  }

  return { revocable };
})();
