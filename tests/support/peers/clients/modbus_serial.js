// npm's modbus-serial: `node modbus_serial.js PORT` prints int32, uint32, float, int16 and uint16 from register 100 of unit 1.
const Modbus = require("modbus-serial");
const client = new Modbus();
client.connectTCP("127.0.0.1", { port: Number(process.argv[2]) }).then(async () => {
  client.setID(1);
  const { buffer } = await client.readHoldingRegisters(100, 8);
  const read = ["readInt32BE", "readUInt32BE", "readFloatBE", "readInt16BE", "readUInt16BE"];
  console.log(JSON.stringify(read.map((name, at) => buffer[name]([0, 4, 8, 12, 14][at]))));
  client.close(() => {});
});
