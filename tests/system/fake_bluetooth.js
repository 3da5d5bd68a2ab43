// navigator.bluetooth with a lock in the test's hands: `lockHello`, `lockWrite` and `lockLeft` are the test's.
(() => {
  const world = (window.world = { available: true, near: true, failures: 0, asked: [], notify: () => {}, drop: () => {} });

  class Characteristic extends EventTarget {
    constructor(uuid) { super(); this.uuid = uuid; }
    async startNotifications() {
      world.notify = (frame) => {
        this.value = new DataView(Uint8Array.from(frame).buffer);
        this.dispatchEvent(new Event("characteristicvaluechanged"));
      };
      return this;
    }
    async readValue() {
      return new DataView(Uint8Array.from(await window.lockHello()).buffer);
    }
    async writeValueWithResponse(value) {
      if (!device.gatt.connected) throw new DOMException("GATT Server is disconnected.", "NetworkError");
      for (const frame of await window.lockWrite([...value])) world.notify(frame);
    }
  }

  class Device extends EventTarget {
    constructor() {
      super();
      this.name = "Front door";
      const gatt = (this.gatt = {
        connected: false,
        device: this,
        connect: async () => {
          if (!world.near || world.failures-- > 0) throw new DOMException("Connection attempt failed.", "NetworkError");
          gatt.connected = true;
          return gatt;
        },
        disconnect: () => {
          if (!gatt.connected) return;
          gatt.connected = false;
          window.lockLeft();
          this.dispatchEvent(new Event("gattserverdisconnected"));
        },
        getPrimaryService: async () => ({ getCharacteristic: async (uuid) => new Characteristic(uuid) }),
      });
      world.drop = gatt.disconnect;
    }
  }
  const device = new Device();

  Object.defineProperty(Navigator.prototype, "bluetooth", {
    configurable: true,
    value: {
      getAvailability: async () => world.available,
      requestDevice: async (options) => {
        if (!navigator.userActivation.isActive) throw new DOMException("Must be handling a user gesture", "SecurityError");
        world.asked.push(JSON.stringify(options));
        if (!world.near) throw new DOMException("User cancelled the requestDevice() chooser.", "NotFoundError");
        return device;
      },
    },
  });
})();
