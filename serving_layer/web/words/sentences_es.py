"""Spanish sentences of other modules, by the English text; :mod:`sentences` says how one is found."""

from __future__ import annotations

REFUSALS = {
    "Log in first.": "Primero hay que entrar.",
    "There is no such page.": "Esa página no existe.",
    "Something went wrong here; the log of the API has the details.": (
        "Algo ha fallado aquí; el registro de la API tiene los detalles."
    ),
    "There is no installation {id}: none is registered yet. `solera register FILE` adds one.": (
        "No existe la instalación {id}: aún no hay ninguna. `solera register FILE` añade una."
    ),
    "There is no installation {id}; there is {near}.": "No existe la instalación {id}; existe {near}.",
    "There is no installation {id}; there is {near} ({number} in all; `solera installations` lists them).": (
        "No existe la instalación {id}; existe {near} ({number} en total; `solera installations` las enumera)."
    ),
    "Of {id} only totals are yours: energy, forecast, skill and errors.": (
        "De {id} solo puedes ver totales: energía, previsión, aciertos y errores."
    ),
    "This speaks of all installations together; it is for whoever has access to all.": (
        "Esto trata de todas las instalaciones juntas; es para quien tiene acceso a todas."
    ),
    "Cassandra at {where} does not answer. `solera status` says what runs; `solera up` starts it.": (
        "Cassandra no responde en {where}. `solera status` dice qué está en marcha; `solera up` la arranca."
    ),
    "Too many questions are being answered; ask again in a moment.": (
        "Se están respondiendo demasiadas preguntas; vuelve a intentarlo en un momento."
    ),
    "{path} is damaged: delete it, and give access anew with `solera access add`.": (
        "{path} está dañado: bórralo y vuelve a dar acceso con `solera access add`."
    ),
    "{id} has no contract: give its entry `contracts` and run `solera register` (docs/money.md).": (
        "{id} no tiene contrato: añade `contracts` a su entrada y ejecuta `solera register` (docs/money.md)."
    ),
    "The contracts of {id} are of another version: register them again.": (
        "Los contratos de {id} son de otra versión: regístralos de nuevo."
    ),
    "A bill is of {number} days at most; ask for fewer.": "Una factura es de {number} días como mucho; pide menos.",
    "{said}: bring it with `solera backfill`, and ask again.": (
        "{said}: tráelo con `solera backfill` y vuelve a preguntar."
    ),
    "{said}. `solera tariffs check` shows what is covered.": "{said}. `solera tariffs check` muestra qué hay.",
    "{said}: register one that does, or ask for other days.": "{said}: registra uno que lo haga, o pide otros días.",
    "{said}: complete the agreement, or ask for other days.": "{said}: completa el acuerdo, o pide otros días.",
    "{said}.": "{said}.",
    "{id} is no community; register it with kind: community.": (
        "{id} no es una comunidad; regístrala con kind: community."
    ),
    "{id} belonged to {where} then; ask for days of one community, or register it there.": (
        "{id} era entonces de {where}; pide días de una sola comunidad, o regístrala en ella."
    ),
    "No agreement of {id} is kept; `solera community agree` keeps one.": (
        "No hay ningún acuerdo de {id}; `solera community agree` guarda uno."
    ),
    "Nothing of {id} is settled in these days: a night settles by the agreement that is kept.": (
        "No hay nada liquidado de {id} en estos días: la noche liquida según el acuerdo guardado."
    ),
    "There is no hour in which the generation and every member's use are known.": (
        "No hay ninguna hora de la que se conozcan la generación y el consumo de todos los miembros."
    ),
    "There is no proposal {id}; there is {near}.": "No existe la propuesta {id}; existe {near}.",
    "{id} has no CUPS: register it, with 22 characters.": "{id} no tiene CUPS: regístralo, con 22 caracteres.",
    "{id} has {hours} hours, {year} has {number}: ask for a whole year.": (
        "{id} tiene {hours} horas, {year} tiene {number}: pide un año entero."
    ),
}
MONEY = {
    "shares are of hours, the contract offsets import and export in quarter-hours": (
        "el reparto es por horas, el contrato compensa cuartos de hora"
    ),
    "the contract's clock is not that of the agreement": "el reloj del contrato no es el del acuerdo",
    "{file} states another value of {at} than a file before it.": (
        "{file} indica otro valor de {at} que un archivo anterior."
    ),
    "market {market} has no price of the whole hour from {at}": (
        "falta el precio de la hora entera que empieza el {at} en el mercado {market}"
    ),
    "{name}: no row covers {day}; {detail}": "{name}: ninguna norma registrada cubre el {day}",
    "No distributor has stated {number} of the {number_all} hours of these days: `solera backfill datadis` asks for "
    "them.": (
        "la distribuidora no ha comunicado {number} de las {number_all} horas de estos días: "
        "`solera backfill datadis` las pide."
    ),
    "No distributor has stated surplus and self-consumption of a member in these days: `solera backfill datadis` asks "
    "for them.": (
        "ninguna distribuidora ha comunicado excedentes y autoconsumo de un miembro en estos días: "
        "`solera backfill datadis` los pide."
    ),
    "the social bonus changes within these days: ask for those before it, and for those after it": (
        "el bono social cambia en estos días: pide los anteriores y los posteriores por separado"
    ),
    "There is no published forecast of {name} for {installation}; `solera nightly` makes one.": (
        "no hay previsión publicada de {name} para {installation}; `solera nightly` la hace."
    ),
    "{name}: no installation is registered with the CUPS {cups}.": (
        "{name}: no hay ninguna instalación registrada con el CUPS {cups}."
    ),
    "both rules of counting hours fit alike; the agreement says {name}": (
        "las dos formas de contar las horas encajan igual; el acuerdo dice {name}"
    ),
    "the rule that fits is {name}; the agreement says {name_agreed}": (
        "la forma de contar las horas que encaja es {name}; el acuerdo dice {name_agreed}"
    ),
    "consecutive": "la consecutiva",
    "clock": "la del reloj",
    "{name}: no row covers a bill that falls due on {day} in {where}": (
        "{name}: ninguna norma registrada cubre una factura que vence el {day} en {where}"
    ),
    "no contract holds on {day}": "ningún contrato rige el {day}",
    "the period ends on {day}, it must end after {day_first}": (
        "el periodo acaba el {day}; debe acabar después del {day_first}"
    ),
    "the contracts differ in territory or conventions; bill each one's days by themselves": (
        "los contratos difieren en territorio o convenciones; factura los días de cada uno por separado"
    ),
    "surplus is compensated within a month at most; end on {day} or before": (
        "los excedentes se compensan dentro de un mes como mucho; acaba el {day} o antes"
    ),
    "no agreement holds on {day}; the first begins on {day_first}": (
        "ningún acuerdo rige el {day}; el primero empieza el {day_first}"
    ),
    "the agreement from {day} is variable, and the file of {year} is missing": (
        "el acuerdo desde el {day} es variable, y falta el archivo de {year}"
    ),
    "{name} can't be read: {detail}.": "{name} no se puede leer: {detail}.",
    "{name} lacks a column of {columns}; `solera bill --format csv` has them.": (
        "a {name} le falta una columna de {columns}; `solera bill --format csv` las tiene."
    ),
    "{where}: kind is {kind}, write one of {kinds}.": "{where}: kind es {kind}, escribe uno de {kinds}.",
    "{where}: days are written 2026-03-29, numbers 12.34 or 12,34, without units.": (
        "{where}: los días se escriben 2026-03-29, los números 12.34 o 12,34, sin unidades."
    ),
    "There is no file: choose one.": "No hay ningún archivo: elige uno.",
    "{file}: {said}.": "{file}: {said}.",
    "there is no total: write a line of kind total with its EUR": (
        "no hay total: escribe una línea de kind total con sus EUR"
    ),
    "{what} of energy costs {euros} EUR and has no kWh": "{what} de energía cuesta {euros} EUR y no tiene kWh",
    "{day} taken for a day off": "el {day} como día festivo",
    "{day} taken for a working day": "el {day} como día laborable",
    "the hours of the peninsula": "las horas de la península",
    "the clock of the peninsula": "el reloj de la península",
    "hours an hour late": "las horas una hora más tarde",
    **{
        f"the electricity price index of {month} rose by more than 15 % in a year and Real Decreto-ley 25/2026 was "
        "validated": (
            f"el índice de precios de la electricidad de {mes} subió más de un 15 % en un año y el Real Decreto-ley "
            "25/2026 fue convalidado"
        )
        for month, mes in (("September", "septiembre"), ("October", "octubre"))
    },
    "as billed in 2023; the order was not read": "como se facturó en 2023; la orden no se ha leído",
    "BOE-A-2013-8561, provisional since 2013": "BOE-A-2013-8561, provisional desde 2013",
    "Real Decreto 897/2017, as applied in 2026; the text of the year was not read": (
        "Real Decreto 897/2017, como se aplica en 2026; no se ha leído el texto del año"
    ),
    "BOE-A-2022-23737, from 2024-02-15 BOE-A-2024-2774": (
        "BOE-A-2022-23737, desde el 15 de febrero de 2024 BOE-A-2024-2774"
    ),
    "Real Decreto-ley 11/2022 and 20/2022": "Reales Decretos-leyes 11/2022 y 20/2022",
    "Real Decreto-ley 12/2021 and its extensions": "Real Decreto-ley 12/2021 y sus prórrogas",
    "Real Decreto-ley 17/2021 and its extensions": "Real Decreto-ley 17/2021 y sus prórrogas",
    "Real Decreto-ley 8/2023, art. 21: the month before averaged over 45 EUR/MWh": (
        "Real Decreto-ley 8/2023, art. 21: la media del mes anterior superó los 45 EUR/MWh"
    ),
    "Ley 8/1991 and the cities' ordinances": "Ley 8/1991 y las ordenanzas de las ciudades",
    "meter rent": "alquiler del contador",
    "social bonus funding": "financiación del bono social",
    "social bonus": "bono social",
    "PVPC margin": "margen del PVPC",
    "PVPC market share": "parte de mercado del PVPC",
    "reactive energy": "energía reactiva",
    "electricity tax": "impuesto sobre la electricidad",
    "electricity tax minimum": "mínimo del impuesto sobre la electricidad",
    "consumption tax": "impuesto sobre el consumo",
    **{f"{tariff} tolls": f"peajes {tariff}" for tariff in ("2.0TD", "3.0TD", "6.1TD")},
    **{f"{tariff} charges": f"cargos {tariff}" for tariff in ("2.0TD", "3.0TD", "6.1TD")},
    **{f"{tariff} losses": f"pérdidas {tariff}" for tariff in ("2.0TD", "3.0TD", "6.1TD")},
    **{f"{tariff} excess power": f"excesos de potencia {tariff}" for tariff in ("2.0TD", "3.0TD", "6.1TD")},
    **{
        f"{tariff} periods, {place}": f"periodos {tariff}, {place}"
        for tariff in ("2.0TD", "3.0TD", "6.1TD")
        for place in ("peninsula", "baleares", "canarias", "ceuta", "melilla")
    },
}
PARAMETERS = {
    "{said}; {said_more}": "{said}; {said_more}",
    "{field}: must lie in the years {first} to {last}": "{field}: debe estar entre los años {first} y {last}",
    "{field}: is no month; write 2026-03": "{field}: no es un mes; escribe 2026-03",
    "{field}: {said}": "{field}: {said}",
    "Field required": "falta",
    "Input should be a valid string": "debe ser un texto",
    "Input should be a valid string, {detail}": "debe ser un texto válido",
    "String should have at least {number} character": "debe tener al menos {number} carácter",
    "String should have at least {number} characters": "debe tener al menos {number} caracteres",
    "String should have at most {number} character": "debe tener como mucho {number} carácter",
    "String should have at most {number} characters": "debe tener como mucho {number} caracteres",
    "String should match pattern {pattern}": "debe tener la forma {pattern}",
    "Input should be a valid number": "debe ser un número",
    "Input should be a valid number, {detail}": "debe ser un número",
    "Input should be a finite number": "debe ser un número finito",
    "Input should be a valid integer": "debe ser un número entero",
    "Input should be a valid integer, {detail}": "debe ser un número entero",
    "Unable to parse input string as an integer, exceeded maximum size": "es un número demasiado largo",
    "Input should be greater than or equal to {amount}": "debe ser {amount} o más",
    "Input should be less than or equal to {amount}": "debe ser {amount} o menos",
    "Input should be greater than {amount}": "debe ser más de {amount}",
    "Input should be less than {amount}": "debe ser menos de {amount}",
    "Input should be an object": "debe ser un objeto de JSON",
    "Input should be a valid dictionary": "debe ser un objeto de JSON",
    "Input should be a valid date": "debe ser una fecha",
    "Input should be a valid date in the format YYYY-MM-DD, {detail}": "debe ser una fecha; escribe 2026-03-29",
    "Input should be a valid date or datetime, {detail}": "debe ser una fecha; escribe 2026-03-29",
    "Datetimes provided to dates should have zero time - e.g. be exact dates": "debe ser una fecha sin hora",
    "Input should be a valid datetime": "debe ser una fecha con hora",
    "Input should be a valid datetime, {detail}": "debe ser una fecha con hora",
    "Input should be a valid datetime or date, {detail}": "debe ser una fecha con hora",
    "Input should have timezone info": "le falta la zona horaria",
    "Input should be 1": "debe ser 1",
    "Input should be {one} or {other}": "debe ser {one} o {other}",
}
QUARANTINED = {
    "empty message": "mensaje vacío",
    "not JSON: Invalid JSON: {detail} at line {line} column {column}": "no es JSON (línea {line}, columna {column})",
    "not JSON: {detail}": "no es JSON",
    "message: {said}": "el mensaje {said}",
    "without {said}; the rest is accepted": "sin {said}; el resto se acepta",
    "too large: {number} bytes, at most {most} are taken": "demasiado grande: {number} bytes, se aceptan {most}",
    "{field} {at} lies before the year 2000": "{field} {at} es anterior al año 2000",
    "{field} {at} lies beyond the years 1 to 9999 in UTC": "{field} {at} queda fuera de los años 1 a 9999 en UTC",
    "{field} {at} lies in the future of its arrival": "{field} {at} es posterior a su llegada",
    "{field} {at} lies more than {number} days before its arrival: either the device's clock is wrong, or "
    "`solera replay` has to bring it": (
        "{field} {at} es más de {number} días anterior a su llegada: o el reloj del dispositivo va mal, o tiene que "
        "traerlo `solera replay`"
    ),
    "end must come after start, and within {number} days of it": (
        "end debe ser posterior a start, y a no más de {number} días"
    ),
    "unknown installation {id}": "instalación desconocida {id}",
    "{id} is written by {writer} alone": "por {id} solo escribe {writer}",
    "device {device} is registered to {id}": "el dispositivo {device} está registrado en {id}",
    "device {device} is not registered to {id}": "el dispositivo {device} no está registrado en {id}",
    "retracted at {at}": "retirado el {at}",
}
SERVERS = {
    "not looked at yet": "aún sin comprobar",
    "no answer for {number} s": "sin respuesta desde hace {number} s",
    "no broker answers at {where}": "ningún broker responde en {where}",
    "{number} broker(s)": "brokers: {number}",
    "version {release}": "versión {release}",
    "the NameNode does not answer at {where}": "el NameNode no responde en {where}",
    "no DataNode is alive": "no hay ningún DataNode vivo",
    "the NameNode is in state {state}": "el NameNode está en estado {state}",
    "{number} DataNode(s)": "DataNodes: {number}",
    "nothing listens at {where}": "nada escucha en {where}",
    "listens at port {number}": "escucha en el puerto {number}",
    "the speed layer": "la capa rápida",
    "the gateway": "la pasarela",
    "the push server": "el servidor de envíos",
    "{name} last reported {number} s ago": "{name} informó por última vez hace {number} s",
    "{name} has not reported; `solera up` starts it": "{name} no ha informado; `solera up` la pone en marcha",
    "no batch has moved for {number} s while {behind} readings wait": (
        "nada avanza desde hace {number} s mientras esperan {behind} lecturas"
    ),
    "up to date": "al día",
    "{number} readings behind": "{number} lecturas por detrás",
    "{said}; Kafka dropped {number} readings before they were read": (
        "{said}; Kafka descartó {number} lecturas antes de que se leyeran"
    ),
    "{fault}; {number} readings kept on disk": "{fault}; {number} lecturas guardadas en el disco",
    "{number} device(s)": "dispositivos: {number}",
    "{said}, {number} silent (named in run/gateway.json)": "{said}; sin datos: {number} (véase run/gateway.json)",
    "{said}, {number} asleep": "{said}; dormidos: {number}",
    "{said}; the outbox was full: {number} readings of {count} day(s) dropped, to {day}": (
        "{said}; la bandeja de salida se llenó: descartadas {number} lecturas de {count} día(s), hasta el {day}"
    ),
    "{said}; {number} readings refused and set aside, the last: {why}": (
        "{said}; lecturas rechazadas y apartadas: {number}; la última: {why}"
    ),
    "{said}, {number} with a fault (named in run/gateway.json)": "{said}; con fallo: {number} (véase run/gateway.json)",
    "does not run here": "no está en marcha aquí",
    "{number} readings taken, {waiting} of them to be sent": "{number} lecturas recibidas, {waiting} por enviar",
    "no night is published yet": "aún no se ha publicado ninguna noche",
    "published up to {at}": "publicado hasta {at}",
    "no night was ever published": "nunca se publicó ninguna noche",
    "the newest night is published up to {at}": "la última noche está publicada hasta {at}",
    "{said}, and the next one is overdue: see logs/nightly.log, or run `solera nightly`": (
        "{said}, y la siguiente se retrasa: mira logs/nightly.log, o ejecuta `solera nightly`"
    ),
    "{source} never answered": "{source} nunca respondió",
    "{source} answered {age} ago": "{source} respondió hace {age}",
    "{said}, {number} questions open": "{said}, preguntas pendientes: {number}",
    "{said}, {number} given up": "{said}, abandonadas: {number}",
    "none was asked here": "aquí no se ha preguntado a ninguna",
    "{number} webhook(s)": "webhooks: {number}",
    "{said}, {number} of which fail: `solera webhook list`": "{said}, fallan {number}: `solera webhook list`",
    "{said}, {number} deliveries wait": "{said}, entregas en espera: {number}",
    "{number} MB are left on the disk of {path}: make room": "quedan {number} MB en el disco de {path}: haz sitio",
    "{amount} GB are left": "quedan {amount} GB",
    "{number} rules of bills have no row from {day} on: `solera tariffs check` names them": (
        "sin fila a partir del {day}: {number} normas de las facturas; `solera tariffs check` las nombra"
    ),
    "no rule of bills ends": "ninguna norma de las facturas acaba",
}
MODELS = {
    "same hour of the last known day": "misma hora del último día conocido",
    "same hour yesterday": "misma hora de ayer",
    "same hour last week": "misma hora de la semana pasada",
    "quantile forest ({engine})": "bosque de cuantiles ({engine})",
    "{said}, as the sum of its parts": "{said}, como suma de sus partes",
    "lasso autoregression": "autorregresión lasso",
    "boosted trees": "árboles potenciados",
    "multilayer perceptron": "perceptrón multicapa",
    "mean of lasso autoregression and boosted trees": "media de autorregresión lasso y árboles potenciados",
    "{said} with weather": "{said} con el tiempo",
    "{said} on weather alone": "{said} solo con el tiempo",
}
SENTENCES = REFUSALS | MONEY | PARAMETERS | QUARANTINED | SERVERS | MODELS
