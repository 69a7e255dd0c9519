package peers;

import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.KTable;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * The workload in Kafka Streams: a table of cases, and tables of grids and units that are sums over it.
 *
 * <p>A KTable tells what follows it of the old and the new row, so that sums take the difference: with the cache on, once
 * for all that happened to a case between two commits, which is also how shanzhi does it.
 */
public final class Peer {

    private static final Serde<String> TEXT = Serdes.String();

    /** Arguments: topic to read, topic of results, `index` or `-`, then settings of Kafka Streams as name=value. */
    public static void main(String[] arguments) {
        Properties settings = new Properties();
        for (int at = 3; at < arguments.length; at++) {
            String[] setting = arguments[at].split("=", 2);
            settings.put(setting[0], setting[1]);
        }
        Topology topology = topology(arguments[0], arguments[1], arguments[2].equals("index"), settings);
        KafkaStreams streams = new KafkaStreams(topology, settings);
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(5))));
        streams.start();
    }

    private static Topology topology(String ledger, String results, boolean isIndexed, Properties settings) {
        StreamsBuilder builder = new StreamsBuilder();
        Serde<Event> event = Serdes.serdeFrom((topic, one) -> one.stored(), Event.DESERIALIZER);
        KStream<String, Event> events = builder.stream(ledger, Consumed.with(TEXT, event));
        if (isIndexed) {
            builder.addStateStore(Stores.keyValueStoreBuilder(
                            Stores.persistentKeyValueStore(Once.STORE), Serdes.ByteArray(), Serdes.ByteArray())
                    .withCachingEnabled());
            events = events.processValues(Once::new, Once.STORE);
        }
        KTable<String, Case> cases = events.groupByKey()
                .aggregate(() -> Case.NEW, (subject, one, known) -> known.after(one), stored("cases", Case.SERDE));
        KTable<String, Counts> grids = cases.groupBy(
                        (subject, one) -> KeyValue.pair(one.grid(), Counts.ofGrid(one)),
                        Grouped.with("by-grid", TEXT, Counts.SERDE))
                .aggregate(
                        Counts::noneOfGrid,
                        (grid, one, sum) -> sum.plus(one),
                        (grid, one, sum) -> sum.minus(one),
                        stored("grids", Counts.SERDE));
        KTable<String, Counts> units = cases.groupBy(
                        (subject, one) -> KeyValue.pair(one.unit(), Counts.ofUnit(one)),
                        Grouped.with("by-unit", TEXT, Counts.SERDE))
                .aggregate(
                        Counts::noneOfUnit,
                        (unit, one, sum) -> sum.plus(one),
                        (unit, one, sum) -> sum.minus(one),
                        stored("units", Counts.SERDE));
        Produced<String, Counts> produced =
                Produced.with(TEXT, Serdes.serdeFrom(Counts.JSON, Counts.SERDE.deserializer()));
        grids.toStream().to(results, produced);
        units.toStream().to(results, produced);
        return builder.build(settings);
    }

    private static <T> Materialized<String, T, KeyValueStore<Bytes, byte[]>> stored(String name, Serde<T> values) {
        return Materialized.<String, T, KeyValueStore<Bytes, byte[]>>as(name)
                .withKeySerde(TEXT)
                .withValueSerde(values)
                .withCachingEnabled();
    }
}
