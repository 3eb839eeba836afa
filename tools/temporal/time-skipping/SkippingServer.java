import io.temporal.testserver.TestServer;
import java.lang.reflect.Field;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.LinkedList;

/**
 * Temporal's server that skips time (1.38.0), which remembers every lock of its time in a list, takes none of those off that its own timers make, and looks
 * through the whole list whenever a lock is taken off: a simulated year takes longer with every day. Here the list finds what it holds at once, and forgets
 * what only says that something was unlocked.
 */
final class SkippingServer {
  public static void main(String[] arguments) throws Exception {
    var server = TestServer.createPortBoundServer(Integer.parseInt(arguments[0]), true);
    var timer = field(field(server, "testServicesStarter"), "selfAdvancingTimer");
    accessible(timer, "lockEvents").set(timer, new Locks(accessible(timer, "lockEvents").get(timer)));
    Runtime.getRuntime().addShutdownHook(new Thread(server::close));
  }

  private static Object field(Object of, String name) throws ReflectiveOperationException {
    return accessible(of, name).get(of);
  }

  private static Field accessible(Object of, String name) throws ReflectiveOperationException {
    var field = of.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  /** The list as the server uses it: it is added to, removed from, and walked through. */
  private static final class Locks extends LinkedList<Object> {
    private final transient LinkedHashSet<Object> held = new LinkedHashSet<>();

    Locks(Object before) {
      held.addAll((LinkedList<?>) before);
    }

    @Override
    public boolean add(Object event) {
      try {
        return field(event, "lockType").toString().equals("UNLOCK") || held.add(event);
      } catch (ReflectiveOperationException unknown) {
        return held.add(event);
      }
    }

    @Override
    public boolean remove(Object event) {
      return held.remove(event);
    }

    @Override
    public Iterator<Object> iterator() {
      return held.iterator();
    }

    @Override
    public int size() {
      return held.size();
    }
  }
}
