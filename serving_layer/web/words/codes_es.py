"""Spanish names of the codes of other modules."""

from __future__ import annotations

METHODS = {
    "measured": "medido por un contador",
    "official": "dato oficial",
    "integrated": "sumado de la potencia",
    "spread": "un total más largo, repartido por igual",
    "estimated": "estimado",
}
CAUSES = {
    "wrap": "el contador pasó de su número mayor",
    "reset": "el contador empezó de nuevo en 0",
    "replaced": "otro contador",
    "jump": "una subida imposible",
    "momentary": "un valor que vino y se fue",
    "stuck": "el contador se quedó parado",
    "frozen": "contador y potencia se quedaron parados",
    "correction": "una pequeña bajada que quedó",
    "gap": "faltan lecturas",
    "coarser total": "un total más largo habla del mismo tiempo",
    "scaled total": "ajustado a un total más largo",
    "no meter": "ningún contador dice qué dio la red",
    "unbalanced": "los flujos no cuadran",
    "awaited": "aún no toca",
    "silent": "no llegó nada",
    "partial": "llegó una parte",
    "late": "llegó tarde",
    "official": "dato oficial",
    "integrated": "sumado de la potencia",
    "spread": "un total más largo, repartido por igual",
    "estimated": "estimado",
}
STEPS = {
    "weather": "el tiempo",
    "history": "la historia",
    "climatology": "la climatología",
    "persistence": "el último día conocido",
    "night": "la noche",
}
ALARMS = {
    "silent": "dispositivo sin datos",
    "silent today": "dispositivo sin datos desde hoy",
    "coefficient file": "falta el archivo de coeficientes",
    "generation forecast drift": "la previsión de producción falla más que antes",
    "consumption forecast drift": "la previsión de consumo falla más que antes",
}
ALARM_SENTENCES = {
    "silent": "dio datos por última vez el {day} (UTC)",
    "silent today": "dio datos por última vez el {moment}, y a esta hora del día anterior sí los daba",
    "coefficient file": "el acuerdo es por horas y no tiene archivo de {year}; sus horas no se liquidan",
    "generation forecast drift": "su error de 7 días es {now} veces el de la previsión simple, antes {then}",
    "consumption forecast drift": "su error de 7 días es {now} veces el de la previsión simple, antes {then}",
}
STATES = {
    "off": "apagado",
    "sleeping": "en reposo",
    "starting": "arrancando",
    "producing": "produciendo",
    "throttled": "limitado",
    "shutting down": "apagándose",
    "fault": "fallo",
    "standby": "en espera",
}
TOPICS = {"readings": "lecturas", "intervals": "periodos", "weather": "tiempo", "prices": "precios"}
LAYERS = {"speed": "rápida", "batch": "por lotes"}
SERVICES = {
    "kafka": "Kafka",
    "cassandra": "Cassandra",
    "hdfs": "HDFS",
    "speed": "capa rápida",
    "gateway": "pasarela",
    "push": "servidor de envíos",
    "thrift": "SQL",
    "night": "noche",
    "sources": "fuentes",
    "webhooks": "webhooks",
    "disk": "disco",
    "tariffs": "tarifas",
}
